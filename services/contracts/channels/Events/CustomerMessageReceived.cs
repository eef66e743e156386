namespace Relais.Contracts.Channels;

/// <summary>A customer said something; it has its place in the conversation.</summary>
/// <param name="TicketId">The ticket of the person who owns the conversation; null while the assistant does.</param>
public sealed record CustomerMessageReceived(
    Guid ConversationId, Guid MessageId, int Sequence, string Text, Guid? TicketId, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.channels.customer-message-received.v1";

    public string Key => ConversationId.ToString();
}
