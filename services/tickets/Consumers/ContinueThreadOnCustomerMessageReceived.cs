using Microsoft.EntityFrameworkCore;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;

namespace Relais.Tickets.Consumers;

/// <summary>What the customer says to the person who has their matter; it reopens a matter that was resolved.</summary>
internal sealed class ContinueThreadOnCustomerMessageReceived(TicketsDb db, SlaClock sla, TimeProvider clock, Inbox inbox)
    : EventConsumer<CustomerMessageReceived>(inbox)
{
    protected override async Task HandleAsync(CustomerMessageReceived @event, CancellationToken cancellationToken)
    {
        // Most messages are the assistant's: they cost nothing here, not even a note that they passed.
        if (@event.TicketId is not { } ticketId)
            return;
        await OnceAsync(async ct =>
        {
            var ticket = await db.ExpectAsync(ticketId, ct);
            if (await db.Threads.AnyAsync(entry => entry.TicketId == ticketId && entry.Id == @event.MessageId, ct))
                return;
            db.Threads.Add(ticket.Say(
                @event.MessageId, ThreadAuthor.Customer, ticket.CustomerId, ticket.CustomerName, @event.Text, @event.At));
            if (ticket.State != TicketState.Resolved)
                return;
            var now = clock.GetUtcNow();
            var reopened = ticket.Reopen(sla, now).Value;
            db.Note(ticket, AuditAction.Reopened, ticket.CustomerId, ticket.CustomerName, now);
            db.Publish(reopened, now, ticket.TraceParent);
        }, cancellationToken);
    }
}
