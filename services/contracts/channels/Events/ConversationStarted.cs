namespace Relais.Contracts.Channels;

/// <summary>A customer opened a conversation.</summary>
public sealed record ConversationStarted(
    Guid ConversationId, Guid CustomerId, string Channel, string Locale, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.channels.conversation-started.v1";

    public string Key => ConversationId.ToString();
}
