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

    private readonly MatchingRule _rule = policy.Rule;
    private readonly Dictionary<string, string> _skillReasons = new(StringComparer.Ordinal);

    public Eligibility Eligibility { get; } = new(policy);

    /// <param name="bucket">Where the item waits.</param>
    /// <param name="chosen">Null when it waits on.</param>
    public Decision Explain(WorkItem item, Bucket bucket, ExpertEntry? chosen, string trigger, Guid id, DateTimeOffset now)
    {
        // That an item waits on in its next phase names nobody: who there is was told when it began to wait.
        var named = chosen is null && trigger == Trigger.Phase ? 0 : policy.RecordedExperts;
        var account = policy.RecordedExperts > 0 ? AccountFor(item, bucket, chosen, named, now) : Account.None;
        return new Decision(
            id, item.Id, now, trigger, account.Candidates, account.CandidateCount, account.Rejections, account.RejectionCounts,
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
        id, item.Id, now, trigger, [], 0, [], new SortedDictionary<string, int>(StringComparer.Ordinal), policy.For(item).Relaxation.Taken(item),
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
        var skills = new SkillMatch[item.Request.Skills.Count];
        for (var at = 0; at < skills.Length; at++)
        {
            var asked = item.Request.Skills[at];
            skills[at] = new SkillMatch(
                asked.Skill, policy.For(item).Relaxation.MinimumLevel(asked, item.RelaxedSteps), chosen?.Profile.Skills[asked.Skill] ?? 0);
        }

        return skills;
    }

    private DateTimeOffset? HeldUntil(WorkItem item, Bucket bucket, DateTimeOffset now)
    {
        if (waiting.WaitsForPreferredUntil(item) is { } preferred && preferred > now) return preferred;
        return Holds(bucket) && bucket.Next is { } next ? item.WaitingSince + next.From : null;
    }

    private Account AccountFor(WorkItem item, Bucket bucket, ExpertEntry? chosen, int named, DateTimeOffset now)
    {
        var counts = new Dictionary<string, int>(2 + item.Request.Skills.Count, StringComparer.Ordinal);
        var candidateCount = Count(item, bucket, counts, now);
        if (named == 0) return new Account([], candidateCount, [], counts);
        var rejections = new List<Rejection>(counts.Count > 0 ? named : 0);
        if (counts.Count > 0) AddRejections(item, bucket, counts, rejections, now);
        var candidates = new List<Candidate>(Math.Min(named, candidateCount + 1));
        if (chosen is not null) candidates.Add(CandidateOf(item, bucket, chosen, now));
        if (candidateCount > candidates.Count) AddCandidates(item, bucket, chosen, candidates, now);
        return new Account(candidates, candidateCount, rejections, counts);
    }

    /// <summary>
    /// Counts who could have it, and for the others the first reason against them. Leaves in the search whoever is free,
    /// meets the requirement and did not decline.
    /// </summary>
    private int Count(WorkItem item, Bucket bucket, Dictionary<string, int> counts, DateTimeOffset now)
    {
        var requirement = bucket.Queue.Requirement;
        var left = search.Narrow(requirement);
        Add(Eligibility.Presence, experts.ActiveCount - experts.AvailableCount);
        Add(Eligibility.Hours, experts.AvailableCount - experts.ThereCount);
        Add(Eligibility.Capacity, experts.ThereCount - left[0]);
        Add(Eligibility.Language, left[0] - left[1]);
        for (var at = 0; at < requirement.Skills.Length; at++)
            if (left[at + 1] > left[at + 2]) Add(SkillReason(item.Request.Skills[at].Skill), left[at + 1] - left[at + 2]);
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
        var accepted = search.CountTaken(bucket);
        if (item.PreferredExpert is { } id && Eligible(item, bucket, id, now) && IsHeld(bucket, experts.Find(id)!)) accepted++;
        Add(Eligibility.Held, remaining - accepted);
        return accepted;

        void Add(string reason, int count)
        {
            if (count > 0) counts[reason] = counts.GetValueOrDefault(reason) + count;
        }
    }

    private string SkillReason(string skill)
    {
        if (!_skillReasons.TryGetValue(skill, out var reason)) _skillReasons.Add(skill, reason = Eligibility.SkillPrefix + skill);
        return reason;
    }

    private bool Eligible(WorkItem item, Bucket bucket, Guid expert, DateTimeOffset now) =>
        experts.Find(expert) is { } entry && Reasons(item, bucket, entry, now).Count == 0;

    private void AddCandidates(WorkItem item, Bucket bucket, ExpertEntry? chosen, List<Candidate> candidates, DateTimeOffset now)
    {
        var requirement = bucket.Queue.Requirement;
        if (waiting.WaitsForPreferredUntil(item) > now) return;
        var count = search.Keep(requirement, bucket.Phase.MinimumLevel);
        if (chosen is not null && search.Except(chosen.Position)) count--;
        while (count > 0 && candidates.Count < policy.RecordedExperts)
        {
            var position = search.Best(requirement, bucket.Table, count);
            if (position < 0) return;
            candidates.Add(CandidateOf(item, bucket, experts.At(position), now));
            search.Except(position);
            count--;
        }
    }

    private Candidate CandidateOf(WorkItem item, Bucket bucket, ExpertEntry entry, DateTimeOffset now)
    {
        var level = bucket.Queue.Requirement.LevelOf(entry.Position);
        var (work, stage, requirement) = (bucket.Queue.Work, bucket.Phase.Stage, bucket.Queue.Requirement);
        var terms = _rule.Explain(work, stage, level, entry.Standing, Waited(item, now));
        if (requirement.Wants) terms = [.. terms, new ScoreTerm(Wanted, requirement.WantedOf(entry.Position))];
        return new Candidate(
            entry.Expert.Id, entry.Expert.Profile.DisplayName, _rule.Preference(work, stage, level, entry.Standing), terms) { Level = level };
    }

    // Near misses first: whoever is free and meets the requirement but is held back; some who are busy or away; whoever is
    // free but does not meet it, which is where training would help; then the others.
    private void AddRejections(WorkItem item, Bucket bucket, Dictionary<string, int> counts, List<Rejection> rejections, DateTimeOffset now)
    {
        var requirement = bucket.Queue.Requirement;
        if (item.IsRefused)
            AddAll(item.DeclinedBy.Select(experts.Find).OfType<ExpertEntry>().Where(entry => entry.Expert.Profile.Active), AllReasons);
        if (counts.ContainsKey(Eligibility.Preferred)) AddFree(search.Found(), ForPreferred);
        else if (counts.ContainsKey(Eligibility.Held)) AddFree(search.FoundButHeld(bucket), ForBetter);
        var busy = Others(search.Busy(requirement));
        var some = policy.RecordedExperts / 2;
        AddAll(busy.Take(some), WhyBusy);
        AddAll(Others(search.FreeButUnfit(requirement)), WhyUnfit);
        AddAll(busy.Skip(some), WhyBusy);
        AddAll(Others(search.BusyAndUnfit(requirement)), AllReasons);

        void AddFree(IEnumerable<int> positions, IReadOnlyList<string> reasons)
        {
            var entries = positions.Select(experts.At);
            AddAll(item.PreferredExpert is null ? entries : entries.Where(entry => !IsPreferred(item, entry)), _ => reasons);
        }

        IEnumerable<ExpertEntry> Others(IEnumerable<int> positions)
        {
            var entries = positions.Select(experts.At);
            return item.IsRefused ? entries.Where(entry => !item.DeclinedBy.Contains(entry.Expert.Id)) : entries;
        }

        void AddAll(IEnumerable<ExpertEntry> entries, Func<ExpertEntry, IReadOnlyList<string>> reasonsOf)
        {
            if (rejections.Count >= policy.RecordedExperts) return;
            foreach (var entry in entries)
            {
                if (reasonsOf(entry) is { Count: > 0 } reasons) rejections.Add(new Rejection(entry.Expert.Id, entry.Expert.Profile.DisplayName, reasons));
                if (rejections.Count >= policy.RecordedExperts) return;
            }
        }

        List<string> WhyUnfit(ExpertEntry entry)
        {
            var reasons = new List<string>(2);
            if (!requirement.Speaks(entry.Position)) reasons.Add(Eligibility.Language);
            foreach (var (at, needed) in requirement.Skills.Index())
                if (!needed.IsMetBy(entry.Position)) reasons.Add(SkillReason(item.Request.Skills[at].Skill));
            return reasons;
        }

        IReadOnlyList<string> WhyBusy(ExpertEntry entry) => entry.IsThere ? NoRoom : AllReasons(entry);

        IReadOnlyList<string> AllReasons(ExpertEntry entry) => Reasons(item, bucket, entry, now);
    }

    private sealed record Account(
        IReadOnlyList<Candidate> Candidates, int CandidateCount, IReadOnlyList<Rejection> Rejections, IReadOnlyDictionary<string, int> RejectionCounts)
    {
        public static readonly Account None = new([], 0, [], new Dictionary<string, int>());
    }
}
