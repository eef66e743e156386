using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>What is known of every expert about one item now, as a record that can be kept.</summary>
internal sealed class Explanations(RoutingPolicy policy, ExpertIndex experts, ExpertSearch search, WaitingIndex waiting)
{
    /// <summary>The term of the wanted skills: the sum of weight times level. No part of the score, it decides between equal ones.</summary>
    public const string Wanted = "wanted";

    private static readonly string[] NoRoom = [Eligibility.Capacity];
    private static readonly string[] ForPreferred = [Eligibility.Preferred];
    private static readonly string[] ForBetter = [Eligibility.Held];
    private static readonly string[] OtherLanguage = [Eligibility.Language];

    private readonly MatchingRule _rule = policy.Rule;
    private readonly Dictionary<string, string[]> _skillReasons = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, int>> _counts = [];
    private readonly List<Rejection> _rejections = [];
    private readonly List<Candidate> _candidates = [];

    public Eligibility Eligibility { get; } = new(policy);

    /// <param name="bucket">Where the item waits.</param>
    /// <param name="chosen">Null when it waits on.</param>
    public Decision Explain(WorkItem item, Bucket bucket, ExpertEntry? chosen, string trigger, Guid id, DateTimeOffset now)
    {
        // That an item waits on in its next phase names nobody: who there is was told when it began to wait.
        var named = chosen is null && trigger == Trigger.Phase ? 0 : policy.RecordedExperts;
        _counts.Clear();
        _rejections.Clear();
        _candidates.Clear();
        var candidateCount = policy.RecordedExperts > 0 ? Account(item, bucket, chosen, named, now) : 0;
        return new Decision(
            id, item.Id, now, trigger, _candidates.ToArray(), candidateCount, _rejections.ToArray(), ReasonCounts.Of(_counts),
            policy.For(item).Relaxation.Taken(item), chosen?.Expert.Id, chosen?.Expert.Profile.DisplayName ?? "",
            chosen is not null && item.PreferredExpert == chosen.Expert.Id, SkillsOf(item, chosen?.Expert), item.Request.Language,
            LanguageLevelOf(item, chosen?.Expert), Waited(item, now), chosen is null ? policy.For(item).Relaxation.NextLowering(item) : null)
        {
            Rule = _rule.Name,
            HeldForLevel = bucket.Phase.MinimumLevel,
            HeldUntil = chosen is null ? HeldUntil(item, bucket, now) : null,
            Urgency = chosen is null || policy.RecordedExperts == 0 ? [] : _rule.ExplainUrgency(
                bucket.Queue.Work, bucket.Phase.Stage, Math.Max(0, bucket.Queue.Requirement.LevelOf(chosen.Position)), chosen.Standing, Waited(item, now)),
        };
    }

    /// <summary>Nobody is offered it, because its queue is paused or its group closed.</summary>
    public Decision Parked(WorkItem item, DateTimeOffset until, Guid id, DateTimeOffset now) => Bare(item, null, Trigger.Parked, id, now) with
    {
        Parked = true,
        HeldUntil = until < DateTimeOffset.MaxValue ? until : null,
    };

    /// <summary>Somebody in charge decided.</summary>
    public Decision Forced(WorkItem item, Expert chosen, string trigger, Guid id, DateTimeOffset now) => Bare(item, chosen, trigger, id, now);

    private Decision Bare(WorkItem item, Expert? chosen, string trigger, Guid id, DateTimeOffset now) => new(
        id, item.Id, now, trigger, [], 0, [], ReasonCounts.None, policy.For(item).Relaxation.Taken(item),
        chosen?.Id, chosen?.Profile.DisplayName ?? "", chosen is not null && item.PreferredExpert == chosen.Id,
        SkillsOf(item, chosen), item.Request.Language, LanguageLevelOf(item, chosen), Waited(item, now), null) { Rule = _rule.Name };

    /// <summary>Everything that speaks against an expert for a waiting item; empty when they could have it.</summary>
    public IReadOnlyList<string> Reasons(WorkItem item, Bucket bucket, ExpertEntry entry, DateTimeOffset now)
    {
        var reasons = Eligibility.Reasons(item, entry.Expert, now);
        if (reasons.Count > 0 || IsPreferred(item, entry)) return reasons;
        if (waiting.WaitsForPreferredUntil(item) > now) return ForPreferred;
        return IsHeld(bucket, entry) ? ForBetter : [];
    }

    /// <summary>Whether the item goes to this expert whatever their level, because it should and they did not miss it yet.</summary>
    private static bool IsPreferred(WorkItem item, ExpertEntry entry) =>
        item.PreferredExpert == entry.Expert.Id && !item.MissedBy.ContainsKey(entry.Expert.Id);

    /// <summary>Whether an expert who meets the requirement is not accepted yet.</summary>
    private static bool IsHeld(Bucket bucket, ExpertEntry entry)
    {
        var level = bucket.Queue.Requirement.LevelOf(entry.Position);
        return level < bucket.Phase.MinimumLevel || bucket.Table.Rank(level, entry.Standing) == RuleTable.Never;
    }

    /// <summary>Whether some who meet the requirement are not accepted yet.</summary>
    private static bool Holds(Bucket bucket) => bucket.Phase.MinimumLevel > 0 || bucket.Table.ExcludesStandings;

    private static double Waited(WorkItem item, DateTimeOffset now) => Math.Max(0, (now - item.Request.QueuedSince).TotalSeconds);

    private static int LanguageLevelOf(WorkItem item, Expert? chosen) =>
        item.Request.Language.Length == 0 || chosen is null ? 0 : chosen.Profile.Languages[item.Request.Language];

    private SkillMatch[] SkillsOf(WorkItem item, Expert? chosen)
    {
        var (skills, relaxation) = (new SkillMatch[item.Request.Skills.Count], policy.For(item).Relaxation);
        for (var at = 0; at < skills.Length; at++)
        {
            var asked = item.Request.Skills[at];
            skills[at] = new SkillMatch(asked.Skill, relaxation.MinimumLevel(asked, item.RelaxedSteps), chosen?.Profile.Skills[asked.Skill] ?? 0);
        }

        return skills;
    }

    private DateTimeOffset? HeldUntil(WorkItem item, Bucket bucket, DateTimeOffset now)
    {
        if (waiting.WaitsForPreferredUntil(item) is { } preferred && preferred > now) return preferred;
        return Holds(bucket) && bucket.Next is { } next ? item.WaitingSince + next.From : null;
    }

    /// <summary>Fills in who was or could not be chosen.</summary>
    /// <returns>How many could have it.</returns>
    private int Account(WorkItem item, Bucket bucket, ExpertEntry? chosen, int named, DateTimeOffset now)
    {
        var candidates = Count(item, bucket, chosen, now);
        if (named == 0) return candidates;
        if (_counts.Count > 0) AddRejections(item, bucket, now);
        if (chosen is not null) _candidates.Add(CandidateOf(item, bucket, chosen));
        if (candidates > _candidates.Count) AddCandidates(item, bucket, chosen, now);
        return candidates;
    }

    /// <summary>
    /// Counts who could have it, and for the others the first reason against them. Leaves in the search whoever is free,
    /// meets the requirement and did not decline.
    /// </summary>
    private int Count(WorkItem item, Bucket bucket, ExpertEntry? chosen, DateTimeOffset now)
    {
        var requirement = bucket.Queue.Requirement;
        Span<int> left = stackalloc int[2 + requirement.Skills.Length];
        search.Narrow(requirement, left);
        Add(Eligibility.Presence, experts.ActiveCount - experts.AvailableCount);
        Add(Eligibility.WrapUp, experts.WrappingUpCount);
        Add(Eligibility.Hours, experts.AvailableCount - experts.ThereCount - experts.WrappingUpCount);
        Add(Eligibility.Capacity, experts.ThereCount - left[0]);
        Add(Eligibility.Language, left[0] - left[1]);
        for (var at = 0; at < requirement.Skills.Length; at++)
            if (left[at + 1] > left[at + 2]) Add(SkillReason(item.Request.Skills[at].Skill)[0], left[at + 1] - left[at + 2]);
        var remaining = left[^1];
        if (remaining == 0) return 0;
        var declined = item.IsRefused ? item.DeclinedBy.Count(expert => experts.Find(expert) is { } entry && search.Except(entry.Position)) : 0;
        Add(Eligibility.Declined, declined);
        remaining -= declined;
        if (waiting.WaitsForPreferredUntil(item) > now)
        {
            var preferred = experts.Find(item.PreferredExpert!.Value) is { } entry && search.Holds(entry.Position) ? 1 : 0;
            Add(Eligibility.Preferred, remaining - preferred);
            return preferred;
        }

        if (!Holds(bucket)) return remaining;
        // An item waits only when it accepts nobody who is free.
        var accepted = chosen is null ? 0 : search.CountTaken(bucket);
        if (item.PreferredExpert is { } id && Eligible(item, bucket, id, now) && IsHeld(bucket, experts.Find(id)!)) accepted++;
        Add(Eligibility.Held, remaining - accepted);
        return accepted;
    }

    private void Add(string reason, int count)
    {
        if (count <= 0) return;
        for (var at = 0; at < _counts.Count; at++)
        {
            if (_counts[at].Key != reason) continue;
            _counts[at] = new(reason, _counts[at].Value + count);
            return;
        }

        _counts.Add(new(reason, count));
    }

    private string[] SkillReason(string skill)
    {
        if (!_skillReasons.TryGetValue(skill, out var reason)) _skillReasons.Add(skill, reason = [Eligibility.SkillPrefix + skill]);
        return reason;
    }

    private bool Eligible(WorkItem item, Bucket bucket, Guid expert, DateTimeOffset now) =>
        experts.Find(expert) is { } entry && Reasons(item, bucket, entry, now).Count == 0;

    private void AddCandidates(WorkItem item, Bucket bucket, ExpertEntry? chosen, DateTimeOffset now)
    {
        var requirement = bucket.Queue.Requirement;
        if (waiting.WaitsForPreferredUntil(item) > now) return;
        var count = search.Keep(requirement, bucket.Phase.MinimumLevel);
        if (chosen is not null && search.Except(chosen.Position)) count--;
        while (count > 0 && _candidates.Count < policy.RecordedExperts)
        {
            var position = search.Best(requirement, bucket.Table, count);
            if (position < 0) return;
            _candidates.Add(CandidateOf(item, bucket, experts.At(position)));
            search.Except(position);
            count--;
        }
    }

    private Candidate CandidateOf(WorkItem item, Bucket bucket, ExpertEntry entry)
    {
        var level = bucket.Queue.Requirement.LevelOf(entry.Position);
        var (work, stage, requirement) = (bucket.Queue.Work, bucket.Phase.Stage, bucket.Queue.Requirement);
        var terms = _rule.Explain(work, stage, level, entry.Standing);
        if (requirement.Wants) terms = [.. terms, new ScoreTerm(Wanted, requirement.WantedOf(entry.Position))];
        return new Candidate(
            entry.Expert.Id, entry.Expert.Profile.DisplayName, _rule.Preference(work, stage, level, entry.Standing), terms) { Level = level };
    }

    // Near misses first: whoever is free and meets the requirement but is held back; some who are busy or away; whoever is
    // free but does not meet it, which is where training would help; then the others.
    private void AddRejections(WorkItem item, Bucket bucket, DateTimeOffset now)
    {
        var (requirement, most) = (bucket.Queue.Requirement, policy.RecordedExperts);
        if (item.IsRefused)
        {
            foreach (var declined in item.DeclinedBy)
                if (experts.Find(declined) is { Expert.Profile.Active: true } entry) Reject(entry.Position, Reasons(item, bucket, entry, now));
        }

        if (Counts(Eligibility.Preferred)) RejectFree(search.Found(), ForPreferred);
        else if (Counts(Eligibility.Held)) RejectFree(search.FoundButHeld(bucket), ForBetter);
        var busy = search.Through(requirement, fit: true, free: false);
        RejectNext(ref busy, Math.Min(most, _rejections.Count + (most / 2)));
        var unfit = search.Through(requirement, fit: false, free: true);
        RejectNext(ref unfit, most);
        RejectNext(ref busy, most);
        var others = search.Through(requirement, fit: false, free: false);
        RejectNext(ref others, most);

        void RejectFree(IEnumerable<int> positions, string[] reasons)
        {
            foreach (var position in positions)
            {
                if (_rejections.Count >= most) return;
                if (item.PreferredExpert is null || !IsPreferred(item, experts.At(position))) Reject(position, reasons);
            }
        }

        void RejectNext(ref ExpertSearch.Walk walk, int upTo)
        {
            while (_rejections.Count < upTo && walk.Next() is >= 0 and var position)
            {
                if (item.IsRefused && item.DeclinedBy.Contains(experts.NameAt(position).Id)) continue;
                Reject(position, WhyNot(position));
            }
        }

        IReadOnlyList<string> WhyNot(int position)
        {
            if (!experts.There[position]) return Reasons(item, bucket, experts.At(position), now);
            var first = requirement.Lane.Free[position] ? null : NoRoom;
            List<string>? all = null;
            if (!requirement.Speaks(position)) Also(OtherLanguage);
            for (var at = 0; at < requirement.Skills.Length; at++)
                if (!requirement.Skills[at].IsMetBy(position)) Also(SkillReason(item.Request.Skills[at].Skill));
            return all ?? (IReadOnlyList<string>?)first ?? [];

            void Also(string[] reason)
            {
                if (first is null) first = reason;
                else (all ??= [first[0]]).Add(reason[0]);
            }
        }
    }

    private bool Counts(string reason)
    {
        foreach (var (counted, _) in _counts)
            if (counted == reason) return true;
        return false;
    }

    private void Reject(int position, IReadOnlyList<string> reasons)
    {
        if (reasons.Count == 0 || _rejections.Count >= policy.RecordedExperts) return;
        var (id, name) = experts.NameAt(position);
        _rejections.Add(new Rejection(id, name, reasons));
    }
}
