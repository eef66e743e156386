using Relais.Contracts.Channels;

namespace Relais.Contracts.Tickets;

/// <summary>A matter waits for an expert.</summary>
/// <param name="Priority"><c>LOW</c>, <c>NORMAL</c>, <c>HIGH</c> or <c>URGENT</c>.</param>
/// <param name="DueAt">When the first answer is due.</param>
/// <param name="CustomerTier">As in <see cref="ExpertRequested"/>.</param>
public sealed record TicketOpened(
    Guid TicketId, string Number, Guid ConversationId, Guid CustomerId, string Channel, string Locale, string Subject, string Category,
    string Priority, IReadOnlyList<RequiredSkill> RequiredSkills, DateTimeOffset RequestedAt, DateTimeOffset DueAt,
    string CustomerTier = "") : IEvent
{
    public static string WireName => "relais.tickets.ticket-opened.v1";

    public string Key => TicketId.ToString();
}
