namespace Relais.Contracts.Channels;

/// <summary>A customer said something; it has its place in the conversation.</summary>
/// <param name="TicketId">The ticket of the person who owns the conversation; null while the assistant does.</param>
/// <param name="Locale">The conversation's language; empty from versions that did not tell it.</param>
public sealed record CustomerMessageReceived(
    Guid ConversationId, Guid MessageId, int Sequence, string Text, Guid? TicketId, DateTimeOffset At, string Locale = "") : IEvent
{
    public static string WireName => "relais.channels.customer-message-received.v1";

    public string Key => ConversationId.ToString();
}
