using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>The matter is settled, says who worked on it.</summary>
internal sealed class ResolveTicket(TicketsDb db, UnitOfWork<TicketsDb> unit, CallerContext caller, TimeProvider clock)
{
    public async Task<Outcome<Proto.Ticket>> HandleAsync(Proto.ResolveTicketRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Text(request.Summary, "summary", required: false).Failure is { } failure)
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
            var resolved = ticket.Resolve(request.Summary, byCustomer: false, now);
            if (resolved.Failure is { } refused)
                return refused;
            db.Note(ticket, AuditAction.Resolved, caller.Caller, now, request.Summary);
            db.Publish(resolved.Value, now, ticket.TraceParent);
            // Saved before the answer is made, which carries the new etag.
            await db.SaveChangesAsync(ct);
            return ticket.ToMessage(await db.ThreadAsync(ticket, ct));
        }, cancellationToken);
    }
}
