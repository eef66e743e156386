using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>A resolved matter goes back to work.</summary>
internal sealed class ReopenTicket(TicketsDb db, UnitOfWork<TicketsDb> unit, CallerContext caller, SlaClock sla, TimeProvider clock)
{
    private const int LongestReason = 2_000;

    public async Task<Outcome<Proto.Ticket>> HandleAsync(Proto.ReopenTicketRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Text(request.Reason, "reason", LongestReason, required: false).Failure is { } failure)
            return failure;
        var name = TicketName.Parse(request.Id, "id");
        if (name.Failure is { } unnamed)
            return unnamed;
        return await unit.OnceAsync<Proto.Ticket>(request.RequestId, request, async ct =>
        {
            var found = await db.FindAsync(name.Value, ct);
            if (found.Failure is { } missing)
                return missing;
            var ticket = found.Value;
            if (Etags.Check(request.Etag, ticket, "ticket") is { } stale)
                return stale;
            var now = clock.GetUtcNow();
            var reopened = ticket.Reopen(sla, now);
            if (reopened.Failure is { } refused)
                return refused;
            db.Note(ticket, AuditAction.Reopened, caller.Caller, now, request.Reason);
            db.Publish(reopened.Value, now, ticket.TraceParent);
            // Saved before the answer is made, which carries the new etag.
            await db.SaveChangesAsync(ct);
            return ticket.ToMessage(await db.ThreadAsync(ticket, ct));
        }, cancellationToken);
    }
}
