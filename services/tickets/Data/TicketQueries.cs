using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Tickets.Domain;

namespace Relais.Tickets.Data;

/// <summary>What several use cases read and write in the same way.</summary>
internal static class TicketQueries
{
    /// <summary>The ticket that a caller named, to be changed.</summary>
    public static async Task<Outcome<Ticket>> FindAsync(this TicketsDb db, TicketName name, CancellationToken cancellationToken) =>
        await name.Select(db.Tickets.TagWith(RowLocks.ForUpdate)).SingleOrDefaultAsync(cancellationToken) is { } ticket ? ticket : name.NotFound();

    /// <summary>The ticket of an event, to be changed.</summary>
    /// <exception cref="InvalidOperationException">The events that open it have not arrived; the delivery is to be repeated.</exception>
    public static async Task<Ticket> ExpectAsync(this TicketsDb db, Guid id, CancellationToken cancellationToken) =>
        await db.Tickets.TagWith(RowLocks.ForUpdate).SingleOrDefaultAsync(ticket => ticket.Id == id, cancellationToken)
            ?? throw new InvalidOperationException($"Ticket {id} is not open yet; this event waits for it.");

    /// <summary>
    /// The thread as it was when the ticket was read: what somebody says meanwhile is for the next read, as the ticket's
    /// etag tells.
    /// </summary>
    public static Task<List<ThreadEntry>> ThreadAsync(this TicketsDb db, Ticket ticket, CancellationToken cancellationToken) =>
        db.Threads.AsNoTracking().Where(entry => entry.TicketId == ticket.Id && entry.Position <= ticket.LastPosition)
            .OrderBy(entry => entry.Position).ToListAsync(cancellationToken);

    /// <summary>
    /// The tenant's next ticket number. The row stays locked until the transaction ends, so that numbers have no gaps and
    /// none is given twice.
    /// </summary>
    public static async Task<int> NextNumberAsync(this TicketsDb db, CancellationToken cancellationToken)
    {
        if (await db.Numbers.ExecuteUpdateAsync(row => row.SetProperty(r => r.Last, r => r.Last + 1), cancellationToken) > 0)
            return await db.Numbers.Select(row => row.Last).SingleAsync(cancellationToken);
        db.Numbers.Add(new TicketNumbers { Last = Ticket.FirstNumber });
        return Ticket.FirstNumber;
    }

    /// <summary>Notes who did what.</summary>
    public static void Note(
        this TicketsDb db, Ticket ticket, AuditAction action, Guid? actorId, string actorName, DateTimeOffset now, string detail = "") =>
        db.Audit.Add(new AuditEntry
        {
            Id = Guid.CreateVersion7(now),
            TicketId = ticket.Id,
            Action = action,
            ActorId = actorId,
            ActorName = actorName,
            Detail = detail,
            At = now,
        });

    /// <summary>Notes what the caller of a request did.</summary>
    public static void Note(this TicketsDb db, Ticket ticket, AuditAction action, Caller caller, DateTimeOffset now, string detail = "") =>
        db.Note(ticket, action, caller.SubjectId, caller.Name, now, detail);
}
