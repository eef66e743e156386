using System.Diagnostics;
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
            // A team that was formed for it dissolved when it was resolved.
            var book = (await turn.EngineAsync(ct)).Policy.Book.WithoutTeamOf(@event.TicketId);
            var (due, at) = (ShardTurn.Stored(@event.DueAt), ShardTurn.Stored(@event.At));
            var row = await db.WorkItems.AsNoTracking().FirstOrDefaultAsync(item => item.Id == @event.TicketId, ct);
            // Events of a ticket come in order, so it was opened before; where that failed and nothing tells what it is, this comes again.
            var item = row?.Reopened(book, @event.PreferredExpertId, due, at) ?? Forgotten(@event, book, due, at)
                ?? throw new InvalidOperationException($"Ticket {@event.TicketId} was reopened before it was opened.");
            await turn.ApplyAsync(new Input.Reopened(turn.Now, item), ct);
        }, cancellationToken), cancellationToken);

    // A closed matter is kept for a while only; tickets reopens it whenever somebody wants.
    private static WorkItem? Forgotten(TicketReopened ticket, RoutingBook book, DateTimeOffset due, DateTimeOffset at) => ticket.Opened is { } opened
        ? new WorkItem(QueueOpenedTicket.RequestOf(opened, Activity.Current?.Id, book), due, at) { PreferredExpert = ticket.PreferredExpertId }
        : null;
}
