using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;

namespace Relais.Tickets.Consumers;

/// <summary>The customer says that the matter which a person had is settled.</summary>
internal sealed class ResolveOnConversationSolved(TicketsDb db, TimeProvider clock, Inbox inbox) : EventConsumer<ConversationSolved>(inbox)
{
    protected override async Task HandleAsync(ConversationSolved @event, CancellationToken cancellationToken)
    {
        if (@event.TicketId is not { } ticketId)
            return;
        await OnceAsync(async ct =>
        {
            var ticket = await db.ExpectAsync(ticketId, ct);
            if (ticket.State == TicketState.Resolved)
                return;
            var now = clock.GetUtcNow();
            var resolved = ticket.Resolve("", byCustomer: true, now).Value;
            db.Note(ticket, AuditAction.Resolved, ticket.CustomerId, ticket.CustomerName, now);
            db.Publish(resolved, now, ticket.TraceParent);
        }, cancellationToken);
    }
}
