using Microsoft.EntityFrameworkCore;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>An open ticket is offered to the most qualified available expert at once, or waits for one.</summary>
internal sealed class QueueOpenedTicket(Inbox inbox, Shard shard, RoutingDb db) : EventConsumer<TicketOpened>(inbox)
{
    protected override Task HandleAsync(TicketOpened @event, CancellationToken cancellationToken) =>
        shard.AloneAsync(turn => OnceAsync(async ct =>
        {
            if (await db.WorkItems.AnyAsync(row => row.Id == @event.TicketId, ct))
                return;
            var since = ShardTurn.Stored(@event.RequestedAt);
            var book = (await turn.EngineAsync(ct)).Policy.Book;
            var request = book.Compose(RequestOf(@event, book.WeightOf(@event.Channel), since));
            await turn.ApplyAsync(new Input.Opened(turn.Now, new WorkItem(request, ShardTurn.Stored(@event.DueAt), since)), ct);
        }, cancellationToken), cancellationToken);

    private static WorkRequest RequestOf(TicketOpened ticket, Capacity weight, DateTimeOffset since) => new(
        ticket.TicketId, ticket.Number, ticket.Subject, ticket.Channel, ticket.Locale,
        Enum.TryParse<Priority>(ticket.Priority, ignoreCase: true, out var priority) ? priority : Priority.Normal,
        weight, SkillsOf(ticket), since);

    // The first skill is what the matter is about; the others help.
    private static List<SkillRequirement> SkillsOf(TicketOpened ticket) =>
    [
        .. ticket.RequiredSkills
            .Where(required => !string.IsNullOrWhiteSpace(required.Skill))
            .DistinctBy(required => required.Skill, StringComparer.OrdinalIgnoreCase)
            .Select((required, position) => new SkillRequirement(required.Skill, Math.Clamp(required.MinimumLevel, 1, Level.Master), NeverDrop: position == 0)),
    ];
}
