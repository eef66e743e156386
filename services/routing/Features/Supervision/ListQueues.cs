using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Types.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Features.Supervision;

/// <summary>What waits, by what it asks for; the queue in the greatest need first.</summary>
internal sealed class ListQueues(RoutingDb db, RoutingOptions options, TimeProvider clock)
{
    private const int MostItems = 20;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    public async Task<Outcome<ListQueuesResponse>> HandleAsync(ListQueuesRequest request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var book = await db.BookAsync(options.ToPolicy(), cancellationToken);
        var experts = (await db.Experts.AsNoTracking().Include(row => row.Skills).Where(row => row.Active).ToListAsync(cancellationToken))
            .ConvertAll(row => row.ToExpert(book, now));
        var waiting = (await db.WorkItems.AsNoTracking().Where(row => row.ClosedAt == null && row.State == ItemState.Waiting).ToListAsync(cancellationToken))
            .Select(row => row.ToItem(book)).Where(item => request.Group.Length == 0 || item.Request.Group == request.Group).ToList();
        var response = new ListQueuesResponse { Waiting = waiting.Count };
        response.Pauses.AddRange((await db.Pauses.AsNoTracking().ToListAsync(cancellationToken))
            .Where(row => row.ToPause().Pause.Ends > now).Select(row => PauseQueue.Of(row, book)));
        response.Queues.AddRange(waiting
            .GroupBy(item => (item.Request.Group, item.Request.Channel, item.Request.Language, item.Request.Priority, Skills: Signature(item)))
            .Select(queue => Of([.. queue.OrderBy(item => item.Request.QueuedSince)], book, experts, now))
            .OrderByDescending(queue => queue.Overdue).ThenByDescending(queue => queue.DueSoon).ThenByDescending(queue => queue.OldestSeconds));
        return response;
    }

    private static string Signature(WorkItem item) => string.Join(' ', item.Request.Skills.Where(Shown).Select(skill => $"{skill.Skill}>={skill.MinimumLevel}").Order(StringComparer.Ordinal));

    private static bool Shown(Domain.SkillRequirement skill) => !TeamSkill.Is(skill.Skill);

    private static Queue Of(IReadOnlyList<WorkItem> items, RoutingBook book, List<Domain.Expert> experts, DateTimeOffset now)
    {
        var first = items[0];
        var policy = book.Policy.For(first);
        var eligibility = new Eligibility(book.Policy);
        var qualified = experts.Where(expert => eligibility.Reasons(first, expert, now).All(reason => reason is Eligibility.Presence or Eligibility.Hours or Eligibility.Capacity or Eligibility.WrapUp or Eligibility.Declined)).ToList();
        var queue = new Queue
        {
            Group = first.Request.Group, Channel = first.Request.Channel, Language = first.Request.Language,
            Priority = first.Request.Priority.ToString().ToUpperInvariant(), Waiting = items.Count,
            OldestSeconds = Age(first, now), MeanAgeSeconds = (int)items.Average(item => Age(item, now)),
            Overdue = items.Count(item => item.TargetAt <= now), DueSoon = items.Count(item => item.TargetAt > now && item.TargetAt <= now + Soon),
            Qualified = qualified.Count, QualifiedAvailable = qualified.Count(expert => expert.Presence == Presence.Available && expert.OnDuty(now)),
            Paused = policy.Pauses.Any(pause => pause.Covers(first.Request.Channel, now)),
        };
        queue.Skills.AddRange(first.Request.Skills.Where(Shown).Select(skill => new Contracts.Types.V1.SkillRequirement { Skill = skill.Skill, MinimumLevel = skill.MinimumLevel }));
        queue.Items.AddRange(items.Take(MostItems).Select(item => new Queue.Types.Waiting
        {
            TicketId = item.Id.ToString(), TicketNumber = item.Request.Number, AgeSeconds = Age(item, now), DueAt = item.DueAt.ToTimestamp(),
            RelaxedSteps = item.RelaxedSteps, Declined = item.DeclinedBy.Count,
            Tier = item.Request.Tier.ToString().ToUpperInvariant(),
        }));
        return queue;
    }

    private static int Age(WorkItem item, DateTimeOffset now) => (int)Math.Max(0, (now - item.Request.QueuedSince).TotalSeconds);
}
