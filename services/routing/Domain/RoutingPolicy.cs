using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain;

/// <summary>The rules that an engine follows: those of the default routing group, and of the other groups where they differ.</summary>
internal sealed record RoutingPolicy
{
    public RelaxationPlan Relaxation { get; init; } = new(
    [
        new RelaxationStep(TimeSpan.FromSeconds(60), LevelsDown: 1),
        new RelaxationStep(TimeSpan.FromSeconds(180), LevelsDown: 0, NeverDropOnly: true) { Overflow = true },
    ]);

    /// <summary>How long an expert has to answer an offer.</summary>
    public TimeSpan OfferTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Offers missed in a row after which an expert is set away; 0 for never.</summary>
    public int MissesUntilAway { get; init; } = 2;

    /// <summary>The least level in the item's language.</summary>
    public int MinimumLanguageLevel { get; init; } = 1;

    /// <summary>Candidates and rejections that a decision keeps in detail; totals always count everyone.</summary>
    public int RecordedExperts { get; init; } = 10;

    /// <summary>How long an item waits for its preferred expert, while that expert is there but busy, before others may have it.</summary>
    public TimeSpan PreferredWait { get; init; }

    /// <summary>Whether whoever is offered an item has it at once, as where calls are put through without asking.</summary>
    public bool AcceptsAtOnce { get; init; }

    /// <summary>How experts and items are chosen; one for the whole tenant.</summary>
    public MatchingRule Rule { get; init; } = new RelaisRule();

    /// <summary>Declined or missed offers after which an item takes all its relaxation steps at once; 0 for no limit.</summary>
    public int MaximumOffers { get; init; }

    /// <summary>Whether who declined may be offered the item again: after everybody else, and an offer's time later.</summary>
    public bool OffersAgainAfterDecline { get; init; }

    /// <summary>
    /// Who comes first of experts whom the rule prefers alike: whoever has the highest sum of weight times level in these.
    /// </summary>
    public IReadOnlyList<WantedSkill> Wanted { get; init; } = [];

    /// <summary>When the group works.</summary>
    public WorkingSchedule BusinessHours { get; init; } = WorkingSchedule.Always;

    /// <summary>What happens to items outside <see cref="BusinessHours"/>.</summary>
    public ClosedHours ClosedHours { get; init; } = ClosedHours.Offer;

    /// <summary>What is paused in the group.</summary>
    public IReadOnlyList<QueuePause> Pauses { get; init; } = [];

    /// <summary>What a conversation in a channel takes of an expert where the group does not say it.</summary>
    public Func<string, Capacity> UsualWeight { get; init; } = _ => Capacity.One;

    /// <summary>What it was made of; <see cref="RoutingBook.Empty"/> where nothing was written down.</summary>
    public RoutingBook Book { get; init; } = RoutingBook.Empty;

    /// <summary>The other groups by name; a policy in it has none of its own.</summary>
    public IReadOnlyDictionary<string, RoutingPolicy> Groups { get; init; } = NoGroups;

    private static readonly Dictionary<string, RoutingPolicy> NoGroups = [];

    /// <summary>What an item goes by.</summary>
    public RoutingPolicy For(WorkItem item) =>
        Groups.Count > 0 && Groups.TryGetValue(item.Request.Group, out var group) ? group : this;

    /// <summary>
    /// Until when an item may not be offered because its queue is paused or its group closed;
    /// <see cref="DateTimeOffset.MaxValue"/> until somebody changes that, null when it may.
    /// </summary>
    public DateTimeOffset? ParkedUntil(WorkItem item, DateTimeOffset now)
    {
        DateTimeOffset? until = null;
        foreach (var pause in Pauses)
        {
            if (pause.Covers(item.Request.Channel, now) && !(until >= pause.Ends))
                until = pause.Ends;
        }

        if (ClosedHours == ClosedHours.Wait && !BusinessHours.Covers(now) && (BusinessHours.NextChange(now) ?? DateTimeOffset.MaxValue) is var opens && !(until >= opens))
            until = opens;
        return until;
    }

    /// <summary>
    /// When an item that may be offered last began to be, while it waited: when its group opened or the last pause over it
    /// ended. Null when that was before its wait.
    /// </summary>
    public DateTimeOffset? ResumedAt(WorkItem item, DateTimeOffset now)
    {
        var resumed = item.WaitingSince;
        foreach (var pause in Pauses)
        {
            if (pause.Includes(item.Request.Channel) && pause.Ends <= now && pause.Ends > resumed)
                resumed = pause.Ends;
        }

        if (ClosedHours == ClosedHours.Wait && BusinessHours.LastBegin(now) is { } opened && opened > resumed)
            resumed = opened;
        return resumed > item.WaitingSince ? resumed : null;
    }

    /// <summary>Whether so many offers of an item came to nothing that it takes all its relaxation steps.</summary>
    public bool IsExhausted(WorkItem item) => MaximumOffers > 0 && item.FruitlessOffers >= MaximumOffers;

    /// <summary>Whether an item goes to the overflow at once because the group is closed.</summary>
    public bool OverflowsAt(DateTimeOffset now) => ClosedHours == ClosedHours.Overflow && !BusinessHours.Covers(now);
}

/// <summary>Nothing is offered meanwhile.</summary>
/// <param name="Channel">Empty for every channel of the group.</param>
/// <param name="Until">Null until it is resumed by hand.</param>
internal sealed record QueuePause(string Channel, DateTimeOffset? Until)
{
    public DateTimeOffset Ends => Until ?? DateTimeOffset.MaxValue;

    public bool Covers(string channel, DateTimeOffset now) => now < Ends && Includes(channel);

    public bool Includes(string channel) => Channel.Length == 0 || Channel == channel;
}
