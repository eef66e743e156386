using Microsoft.EntityFrameworkCore;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>Tickets has the last word on who has a ticket. Whoever waits for the outcome of an acceptance hears of it.</summary>
internal sealed class SettleAssignedTicket(Inbox inbox, Shard shard, RoutingDb db, UnitOfWork<RoutingDb> unit, ISignals signals)
    : EventConsumer<TicketAssigned>(inbox)
{
    protected override Task HandleAsync(TicketAssigned @event, CancellationToken cancellationToken) =>
        shard.AloneAsync(turn => OnceAsync(async ct =>
        {
            await turn.ApplyAsync(new Input.Assigned(turn.Now, @event.TicketId, @event.ExpertId), ct);
            if (await db.WorkItems.FirstOrDefaultAsync(item => item.Id == @event.TicketId, ct) is { State: not ItemState.Closed } row)
                row.AssignedExpertId = @event.ExpertId;
            unit.AfterCommit(() => signals.Raise(Topics.AssignmentOf(@event.TicketId)));
        }, cancellationToken), cancellationToken);
}
