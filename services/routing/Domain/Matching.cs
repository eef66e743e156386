namespace Relais.Routing.Domain;

/// <summary>The experts of a tenant and the work that waits, with the questions that routing asks about them.</summary>
/// <remarks>
/// Answers by looking at every expert or every waiting item, cheapest checks first. Exact: the best pair is the highest
/// score, then the older item, then the smaller expert id. The engine asks nothing else of its population, so an
/// index can stand behind the same questions.
/// </remarks>
internal sealed class Matching(RoutingPolicy policy)
{
    private readonly SortedDictionary<Guid, Expert> _experts = [];
    private readonly SortedDictionary<Guid, WorkItem> _waiting = [];
    private readonly Eligibility _eligibility = new(policy);
    private readonly Scoring _scoring = new(policy.Weights);

    public Eligibility Eligibility => _eligibility;

    public IReadOnlyCollection<Expert> Experts => _experts.Values;

    public IReadOnlyCollection<WorkItem> Waiting => _waiting.Values;

    public Expert? Find(Guid expert) => _experts.GetValueOrDefault(expert);

    public void Add(Expert expert) => _experts.Add(expert.Id, expert);

    public void Add(WorkItem waiting) => _waiting[waiting.Id] = waiting;

    public void Remove(WorkItem waiting) => _waiting.Remove(waiting.Id);

    /// <summary>The best expert for an item among some, or among all; null when nobody is eligible.</summary>
    public Match? Best(WorkItem item, DateTimeOffset now, IEnumerable<Expert>? among = null)
    {
        Match? best = null;
        foreach (var expert in among ?? _experts.Values)
        {
            if (!_eligibility.Allows(item, expert, now)) continue;
            var match = new Match(item, expert, _scoring.Score(item, expert, now));
            if (best is null || match.IsBetterThan(best)) best = match;
        }
        return best;
    }

    /// <summary>What is known of every expert about an item now, as a record that can be kept.</summary>
    public Decision Explain(WorkItem item, Expert? chosen, string trigger, Guid id, DateTimeOffset now)
    {
        var candidates = new List<(Expert Expert, double Score)>();
        var rejections = new List<Rejection>();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var expert in _experts.Values)
        {
            if (!expert.Profile.Active) continue;
            var reasons = _eligibility.Reasons(item, expert, now);
            if (reasons.Count == 0)
            {
                candidates.Add((expert, _scoring.Score(item, expert, now)));
                continue;
            }
            if (rejections.Count < policy.RecordedExperts) rejections.Add(new Rejection(expert.Id, expert.Profile.DisplayName, reasons));
            counts[reasons[0]] = counts.GetValueOrDefault(reasons[0]) + 1;
        }
        return new Decision(
            id, item.Id, now, trigger,
            [
                .. candidates.OrderByDescending(c => c.Score).ThenBy(c => c.Expert.Id).Take(policy.RecordedExperts)
                    .Select(c => new Candidate(c.Expert.Id, c.Expert.Profile.DisplayName, c.Score, _scoring.Terms(item, c.Expert, now))),
            ],
            candidates.Count, rejections, counts, policy.Relaxation.Taken(item),
            chosen?.Id, chosen?.Profile.DisplayName ?? "", chosen is not null && item.PreferredExpert == chosen.Id,
            [
                .. item.Request.Skills.Select(s => new SkillMatch(
                    s.Skill, policy.Relaxation.MinimumLevel(s, item.RelaxedSteps), chosen?.Profile.Skills[s.Skill] ?? 0)),
            ],
            item.Request.Language, item.Request.Language.Length == 0 ? 0 : chosen?.Profile.Languages[item.Request.Language] ?? 0,
            Math.Max(0, (now - item.Request.QueuedSince).TotalSeconds),
            chosen is null ? NextRelaxation(item) : null);
    }

    /// <summary>When the next step lowers what a waiting item asks for; null when no step does.</summary>
    public DateTimeOffset? NextRelaxation(WorkItem item)
    {
        for (var taken = item.RelaxedSteps; policy.Relaxation.NextAfter(taken) is { } after; taken++)
        {
            foreach (var skill in item.Request.Skills)
                if (policy.Relaxation.MinimumLevel(skill, taken + 1) < policy.Relaxation.MinimumLevel(skill, item.RelaxedSteps))
                    return item.WaitingSince + after;
        }
        return null;
    }
}

/// <summary>An item and an expert who may take it.</summary>
internal sealed record Match(WorkItem Item, Expert Expert, double Score)
{
    public bool IsBetterThan(Match other)
    {
        if (Score != other.Score) return Score > other.Score;
        if (Item.Request.QueuedSince != other.Item.Request.QueuedSince) return Item.Request.QueuedSince < other.Item.Request.QueuedSince;
        var items = Item.Id.CompareTo(other.Item.Id);
        return items != 0 ? items < 0 : Expert.Id.CompareTo(other.Expert.Id) < 0;
    }
}
