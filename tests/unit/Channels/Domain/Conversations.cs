using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;

namespace Relais.Unit.Channels.Domain;

/// <summary>Conversations and replies to start a test from.</summary>
internal static class Conversations
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public static Conversation Open() => new()
    {
        Id = Guid.CreateVersion7(Noon),
        Channel = "web_chat",
        Locale = "fr",
        CustomerId = Guid.CreateVersion7(Noon),
        CustomerName = "Nadège",
        CustomerEmail = "",
        CreatedAt = Noon,
    };

    public static Conversation WithExpert()
    {
        var conversation = Open();
        conversation.HandOver(Guid.CreateVersion7(Noon));
        return conversation;
    }

    public static Reply Refusal(int question = 1) => new("Assistant", "?", [], new Attempt(question, false, 0.1, "", [], []));

    public static Reply Answer(int question = 1) => new("Assistant", "!", [], new Attempt(question, true, 0.9, "billing", [], []));

    public static Reply SmallTalk() => new("Assistant", ":)", [], null);
}
