using System.Globalization;
using Relais.Common.Failures;

namespace Relais.Tickets.Domain;

/// <summary>How a caller names a ticket: by its id, or by its number as people see it.</summary>
internal readonly record struct TicketName(Guid? Id, int Number)
{
    /// <param name="text">A UUID, or <c>T-1042</c>; the letter in either case.</param>
    /// <param name="field">The request's field, for the failure.</param>
    public static Outcome<TicketName> Parse(string text, string field)
    {
        if (Guid.TryParse(text, out var id))
            return new TicketName(id, 0);
        return text.StartsWith("T-", StringComparison.OrdinalIgnoreCase)
            && int.TryParse(text.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new TicketName(null, number)
            : Failure.Invalid("ticket.name_invalid", "A ticket is named by its id (a UUID) or by its number, such as T-1042.",
                new FieldViolation(field, "is neither an id nor a ticket number."));
    }

    public IQueryable<Ticket> Select(IQueryable<Ticket> tickets)
    {
        var (id, number) = (Id, Number);
        return id is null ? tickets.Where(ticket => ticket.Number == number) : tickets.Where(ticket => ticket.Id == id);
    }

    public Failure NotFound() =>
        Failure.NotFound("ticket.not_found", $"There is no ticket {(Id is { } id ? id.ToString() : Ticket.Display(Number))}. Check its id or number.");
}
