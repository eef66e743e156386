using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>What the platform acknowledged, as its clients wrote it down.</summary>
internal sealed class Journal
{
    private readonly Lock one = new();
    private readonly Dictionary<string, ConversationRecord> conversations = new(StringComparer.Ordinal);

    public IReadOnlyCollection<ConversationRecord> Conversations
    {
        get
        {
            lock (one)
                return [.. conversations.Values];
        }
    }

    public ConversationRecord Open(string id, PublicApi api)
    {
        lock (one)
            return conversations[id] = new ConversationRecord(id, api);
    }
}

internal sealed class ConversationRecord(string id, PublicApi api)
{
    public string Id { get; } = id;

    /// <summary>With the conversation's own token.</summary>
    public PublicApi Api { get; } = api;

    /// <summary>Customer messages that were acknowledged: sequence and text.</summary>
    public List<(int Sequence, string Text)> Said { get; } = [];

    /// <summary>What the customer does now, for the report of one who waits in vain.</summary>
    public string Stage { get; set; } = "opened the conversation";

    public string? TicketId { get; set; }

    /// <summary>How often the matter is resolved when the customer is served: once more than it came up again.</summary>
    public int Rounds { get; set; } = 1;
}
