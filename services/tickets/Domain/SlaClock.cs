namespace Relais.Tickets.Domain;

/// <summary>
/// When the first answer is due, by priority. Every deadline of a ticket comes from here. Time counts around the clock;
/// business hours would be one more argument of <see cref="DueAt"/>.
/// </summary>
/// <param name="targets">How long the first answer may take; one for each priority.</param>
internal sealed class SlaClock(IReadOnlyDictionary<TicketPriority, TimeSpan> targets)
{
    /// <param name="from">When the customer asked for a person, or when the ticket was reopened.</param>
    public DateTimeOffset DueAt(TicketPriority priority, DateTimeOffset from) => from + targets[priority];
}
