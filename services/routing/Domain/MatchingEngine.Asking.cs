using Relais.Routing.Domain.Matching;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain;

/// <summary>Questions about what is and what would be, which change nothing.</summary>
internal sealed partial class MatchingEngine
{
    /// <summary>The most items that <see cref="WhatIf(ExpertProfile)"/> names.</summary>
    private const int MostTaken = 20;

    /// <summary>
    /// Why a waiting item waits, and until when it is held, parked or asks for less, as things stand; null when it does not
    /// wait.
    /// </summary>
    public Decision? Explain(Guid itemId) => _items.GetValueOrDefault(itemId) switch
    {
        { Bucket: { } bucket } open => _explanations.Explain(open.Item, bucket, null, Trigger.Asked, Guid.Empty, _now),
        { IsParked: true } open when _policy.For(open.Item).ParkedUntil(open.Item, _now) is { } until =>
            _explanations.Parked(open.Item, until, Guid.Empty, _now),
        _ => null,
    };

    /// <summary>
    /// Everything that speaks against giving a waiting item to an expert now, as codes of <see cref="Eligibility"/>: empty
    /// when they may have it; null when the item does not wait or the expert is unknown.
    /// </summary>
    public IReadOnlyList<string>? WhyNot(Guid itemId, Guid expertId) =>
        _items.GetValueOrDefault(itemId) is { Bucket: { } bucket } open && _experts.Find(expertId) is { } entry
            ? _explanations.Reasons(open.Item, bucket, entry, _now)
            : null;

    /// <summary>What would be decided now about an item if it came: who would be offered it, or why it would wait.</summary>
    public Decision WhatIf(WorkItem item)
    {
        TakeSteps(item);
        if (_policy.For(item).ParkedUntil(item, _now) is { } until) return _explanations.Parked(item, until, Guid.Empty, _now);
        var queue = _waiting.QueueOf(item);
        var bucket = queue.Buckets[queue.PhaseAfter(_now - item.WaitingSince)];
        return _explanations.Explain(item, bucket, _waiting.Best(item, bucket, _now), Trigger.Asked, Guid.Empty, _now);
    }

    /// <summary>
    /// What an expert would be given if they were there now with nothing in hand, in that order, and how much of what waits
    /// they could do. Whether the expert exists already makes no difference.
    /// </summary>
    public ExpertOutlook WhatIf(ExpertProfile profile)
    {
        var suitable = _waiting.Buckets.Select(bucket => (Bucket: bucket, Level: LevelOf(profile, bucket.Queue.Requirement, bucket.Queue.Work)))
            .Where(one => one.Level >= 0).ToList();
        var expert = new Expert(profile, Presence.Available, _now);
        var taken = new List<Guid>();
        while (taken.Count < MostTaken && Next() is { } next)
        {
            taken.Add(next.Id);
            expert.Hold(next.Request);
        }

        return new ExpertOutlook(taken, suitable.Sum(one => one.Bucket.Items.Count(open => !open.Item.DeclinedBy.Contains(profile.Id))));

        WorkItem? Next()
        {
            var standing = _policy.Rule.Standing(new ExpertState(expert.Load, profile.Capacity, expert.HeldCount));
            OpenItem? best = null;
            var bestRank = default(WaitingIndex.Rank);
            foreach (var (bucket, level) in suitable)
            {
                if (level < bucket.Phase.MinimumLevel || bucket.Table.Rank(level, standing) == RuleTable.Never) continue;
                if (!expert.HasRoomFor(bucket.Queue.Work.Weight, bucket.Queue.Work.Channel)) continue;
                foreach (var open in bucket.Items)
                {
                    if (taken.Contains(open.Item.Id) || (open.IsSingular && open.Item.DeclinedBy.Contains(profile.Id))) continue;
                    if (_waiting.WaitsForPreferredUntil(open.Item) > _now && open.Item.PreferredExpert != profile.Id) continue;
                    var rank = new WaitingIndex.Rank(0, WaitingIndex.UrgencyOf(open, bucket, level, standing, _now));
                    if (best is null || rank.IsBetterThan(open, bestRank, best)) (best, bestRank) = (open, rank);
                }
            }

            return best?.Item;
        }
    }

    private static int LevelOf(ExpertProfile profile, Requirement requirement, WorkClass work)
    {
        if (requirement.LanguageMinimum > 0 && profile.Languages[work.Language] < requirement.LanguageMinimum) return -1;
        var lowest = (int)Level.Master;
        for (var at = 0; at < work.Skills.Count; at++)
        {
            var level = profile.Skills[work.Skills[at].Skill];
            if (level < requirement.Skills[at].Minimum) return -1;
            if (!requirement.Skills[at].Maps.IsMembership) lowest = Math.Min(lowest, level);
        }

        return lowest;
    }
}

/// <summary>What an expert would be given.</summary>
/// <param name="Takes">Items that they would be offered at once, the first first.</param>
/// <param name="Suitable">Items that wait and whose requirements they meet, now or later.</param>
internal sealed record ExpertOutlook(IReadOnlyList<Guid> Takes, int Suitable);
