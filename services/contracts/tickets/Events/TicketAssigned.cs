namespace Relais.Contracts.Tickets;

/// <summary>An expert has the ticket.</summary>
public sealed record TicketAssigned(
    Guid TicketId, string Number, Guid ConversationId, Guid ExpertId, string ExpertName, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.tickets.ticket-assigned.v1";

    public string Key => TicketId.ToString();
}
