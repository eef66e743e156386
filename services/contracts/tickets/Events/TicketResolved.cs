namespace Relais.Contracts.Tickets;

/// <summary>The matter is settled.</summary>
/// <param name="Resolution">1 for the first resolution of the ticket, one more after each reopening.</param>
/// <param name="ByCustomer">Whether the customer said so, rather than the expert.</param>
public sealed record TicketResolved(
    Guid TicketId, string Number, Guid ConversationId, Guid? ExpertId, string Channel, string Locale, int Resolution, bool ByCustomer,
    DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.tickets.ticket-resolved.v1";

    public string Key => TicketId.ToString();
}
