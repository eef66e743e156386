namespace Relais.Contracts.Tickets;

/// <summary>A resolved matter needs an expert again, for preference the one who had it.</summary>
/// <param name="Opened">What the matter is, for who has forgotten it; null from versions that did not tell it.</param>
public sealed record TicketReopened(
    Guid TicketId, Guid ConversationId, Guid? PreferredExpertId, DateTimeOffset DueAt, DateTimeOffset At, TicketOpened? Opened = null) : IEvent
{
    public static string WireName => "relais.tickets.ticket-reopened.v1";

    public string Key => TicketId.ToString();
}
