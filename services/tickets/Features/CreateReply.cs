using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Tickets;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>Answers the customer; their channel carries it.</summary>
internal sealed class CreateReply(TicketsDb db, UnitOfWork<TicketsDb> unit, CallerContext caller, TimeProvider clock)
{
    public async Task<Outcome<Proto.ThreadEntry>> HandleAsync(Proto.CreateReplyRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Text(request.Text, "text").Failure is { } failure)
            return failure;
        var name = TicketName.Parse(request.TicketId, "ticketId");
        if (name.Failure is { } unnamed)
            return unnamed;
        return await unit.OnceAsync<Proto.ThreadEntry>(request.RequestId, request, async ct =>
        {
            var found = await db.FindAsync(name.Value, ct);
            if (found.Failure is { } missing)
                return missing;
            var ticket = found.Value;
            var now = clock.GetUtcNow();
            var by = caller.Caller;
            var reply = ticket.Reply(Guid.CreateVersion7(now), by.SubjectId, by.Name, request.Text, now);
            if (reply.Failure is { } refused)
                return refused;
            var entry = reply.Value;
            db.Threads.Add(entry);
            db.Note(ticket, AuditAction.Replied, by, now);
            db.Publish(new TicketReplied(ticket.Id, ticket.ConversationId, entry.Id, by.SubjectId, by.Name, entry.Text, now), now, ticket.TraceParent);
            return entry.ToMessage();
        }, cancellationToken);
    }
}
