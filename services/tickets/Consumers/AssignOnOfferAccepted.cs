using Relais.Common.Messaging;
using Relais.Contracts.Routing;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;

namespace Relais.Tickets.Consumers;

/// <summary>An expert took the work, so the ticket is theirs.</summary>
internal sealed class AssignOnOfferAccepted(TicketsDb db, TimeProvider clock, Inbox inbox) : EventConsumer<OfferAccepted>(inbox)
{
    protected override Task HandleAsync(OfferAccepted @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var ticket = await db.ExpectAsync(@event.TicketId, ct);
        if (ticket.Assign(@event) is not { } assigned)
            return;
        var now = clock.GetUtcNow();
        db.Note(ticket, AuditAction.Assigned, @event.ExpertId, @event.ExpertName, now);
        db.Publish(assigned, now, ticket.TraceParent);
    }, cancellationToken);
}
