using Microsoft.EntityFrameworkCore;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Passing;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>A resolved ticket frees its expert, who is given waiting work at once.</summary>
internal sealed class ReleaseResolvedTicket(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock, RoutingDb db, UnitOfWork<RoutingDb> unit, ISignals signals)
    : ShardConsumer<TicketResolved>(inbox, shard, events, clock)
{
    // A team dissolves with its ticket, and what it asked for goes: that is done alone.
    protected override GroupedInput? Grouped(TicketResolved @event, InboxEntry delivery) => new(view =>
        view.Engine.Policy.Book.Teams.Any(team => team.TicketId == @event.TicketId)
            ? null
            : new GroupStep(new Input.Resolved(view.Now, @event.TicketId)) { Topic = Topics.AssignmentOf(@event.TicketId) })
    {
        Delivery = delivery,
    };

    protected override Task AloneAsync(TicketResolved @event, CancellationToken cancellationToken) =>
        Shard.AloneAsync(turn => OnceAsync(async ct =>
        {
            await turn.ApplyAsync(new Input.Resolved(turn.Now, @event.TicketId), ct);
            // The team that was formed for it dissolves with it; the engine forgets it when it is next read.
            foreach (var team in await db.Teams.Where(team => team.TicketId == @event.TicketId && team.DissolvedAt == null).ToListAsync(ct))
                team.DissolvedAt = turn.Now;
            unit.AfterCommit(() => signals.Raise(Topics.AssignmentOf(@event.TicketId)));
        }, cancellationToken), cancellationToken);
}
