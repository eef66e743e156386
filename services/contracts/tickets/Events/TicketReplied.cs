namespace Relais.Contracts.Tickets;

/// <summary>An expert answered; the customer's channel carries it.</summary>
public sealed record TicketReplied(
    Guid TicketId, Guid ConversationId, Guid ReplyId, Guid ExpertId, string ExpertName, string Text, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.tickets.ticket-replied.v1";

    public string Key => TicketId.ToString();
}
