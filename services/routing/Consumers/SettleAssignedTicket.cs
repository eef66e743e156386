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

/// <summary>Tickets says who has a ticket, unless it was given on since. Whoever waits for the outcome of an acceptance hears of it.</summary>
internal sealed class SettleAssignedTicket(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock, RoutingDb db, UnitOfWork<RoutingDb> unit, ISignals signals)
    : ShardConsumer<TicketAssigned>(inbox, shard, events, clock)
{
    protected override GroupedInput? Grouped(TicketAssigned @event, InboxEntry delivery) => new(
        view => new GroupStep(new Input.Assigned(view.Now, @event.TicketId, @event.ExpertId))
        {
            Assigned = (@event.TicketId, @event.ExpertId),
            Topic = Topics.AssignmentOf(@event.TicketId),
        })
    {
        Delivery = delivery,
    };

    protected override Task AloneAsync(TicketAssigned @event, CancellationToken cancellationToken) =>
        Shard.AloneAsync(turn => OnceAsync(async ct =>
        {
            await turn.ApplyAsync(new Input.Assigned(turn.Now, @event.TicketId, @event.ExpertId), ct);
            if (await db.WorkItems.FirstOrDefaultAsync(item => item.Id == @event.TicketId, ct) is { State: not ItemState.Closed } row)
                row.AssignedExpertId = @event.ExpertId;
            unit.AfterCommit(() => signals.Raise(Topics.AssignmentOf(@event.TicketId)));
        }, cancellationToken), cancellationToken);
}
