namespace Relais.Contracts.Tickets;

/// <summary>A resolved matter needs an expert again, for preference the one who had it.</summary>
public sealed record TicketReopened(
    Guid TicketId, Guid ConversationId, Guid? PreferredExpertId, DateTimeOffset DueAt, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.tickets.ticket-reopened.v1";

    public string Key => TicketId.ToString();
}
