using Microsoft.EntityFrameworkCore;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Passing;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>A reopened ticket waits again, with its original age, for preference for the expert who had it.</summary>
internal sealed class QueueReopenedTicket(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock, RoutingDb db)
    : ShardConsumer<TicketReopened>(inbox, shard, events, clock)
{
    protected override Task AloneAsync(TicketReopened @event, CancellationToken cancellationToken) =>
        Shard.AloneAsync(turn => OnceAsync(async ct =>
        {
            // Events of a ticket come in order, so it was opened before; where that failed, this comes again.
            var row = await db.WorkItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == @event.TicketId, ct)
                ?? throw new InvalidOperationException($"Ticket {@event.TicketId} was reopened before it was opened.");
            // A team that was formed for it dissolved when it was resolved.
            var book = (await turn.EngineAsync(ct)).Policy.Book.WithoutTeamOf(@event.TicketId);
            var item = row.Reopened(book, @event.PreferredExpertId, ShardTurn.Stored(@event.DueAt), ShardTurn.Stored(@event.At));
            await turn.ApplyAsync(new Input.Reopened(turn.Now, item), ct);
        }, cancellationToken), cancellationToken);
}
