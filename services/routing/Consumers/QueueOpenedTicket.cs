using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Passing;
using Relais.Routing.Shards;

namespace Relais.Routing.Consumers;

/// <summary>An open ticket is offered to the most qualified available expert at once, or waits for one.</summary>
internal sealed class QueueOpenedTicket(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock, RoutingDb db)
    : ShardConsumer<TicketOpened>(inbox, shard, events, clock)
{
    protected override GroupedInput? Grouped(TicketOpened @event, InboxEntry delivery)
    {
        // Groups decide outside the delivery's trace.
        var matter = Activity.Current?.Id;
        return new(view => new GroupStep(Opening(@event, matter, view.Engine, view.Now))) { Delivery = delivery, Opens = @event.TicketId };
    }

    protected override Task AloneAsync(TicketOpened @event, CancellationToken cancellationToken) =>
        Shard.AloneAsync(turn => OnceAsync(async ct =>
        {
            if (await db.WorkItems.AnyAsync(row => row.Id == @event.TicketId, ct))
                return;
            await turn.ApplyAsync(Opening(@event, Activity.Current?.Id, await turn.EngineAsync(ct), turn.Now), ct);
        }, cancellationToken), cancellationToken);

    private static Input.Opened Opening(TicketOpened ticket, string? matter, MatchingEngine engine, DateTimeOffset now)
    {
        var request = RequestOf(ticket, matter, engine.Policy.Book);
        return new(now, new WorkItem(request, ShardTurn.Stored(ticket.DueAt), request.QueuedSince));
    }

    /// <summary>What a ticket asks for, with what its policy does.</summary>
    /// <param name="matter">The traceparent of the matter; null where nothing is traced.</param>
    public static WorkRequest RequestOf(TicketOpened ticket, string? matter, RoutingBook book) => book.Compose(new WorkRequest(
        ticket.TicketId, ticket.Number, ticket.Subject, ticket.Channel, ticket.Locale,
        Enum.TryParse<Priority>(ticket.Priority, ignoreCase: true, out var priority) ? priority : Priority.Normal,
        book.WeightOf(ticket.Channel), SkillsOf(ticket), ShardTurn.Stored(ticket.RequestedAt))
    {
        TraceParent = matter,
        Tier = Enum.TryParse<CustomerTier>(ticket.CustomerTier, ignoreCase: true, out var tier) && Enum.IsDefined(tier) ? tier : CustomerTier.Standard,
    });

    // The first skill is what the matter is about; the others help. What looks like a team is none: teams are routing's own.
    private static List<SkillRequirement> SkillsOf(TicketOpened ticket) =>
    [
        .. ticket.RequiredSkills
            .Where(required => !string.IsNullOrWhiteSpace(required.Skill) && !TeamSkill.Is(required.Skill))
            .DistinctBy(required => required.Skill, StringComparer.OrdinalIgnoreCase)
            .Select((required, position) => new SkillRequirement(required.Skill, Math.Clamp(required.MinimumLevel, 1, Level.Master), NeverDrop: position == 0)),
    ];
}
