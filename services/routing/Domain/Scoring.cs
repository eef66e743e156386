namespace Relais.Routing.Domain;

/// <summary>What each term of <see cref="Scoring"/> counts.</summary>
internal sealed record ScoreWeights
{
    public double Qualification { get; init; } = 1;

    public double Language { get; init; } = 0.1;

    public double Preferred { get; init; } = 2;

    public double Missed { get; init; } = 4;

    public double Urgency { get; init; } = 1;

    public double Idle { get; init; } = 0.02;

    public double Load { get; init; } = 0.02;
}

/// <summary>One named part of a score, already weighted.</summary>
internal sealed record ScoreTerm(string Name, double Value);

/// <summary>
/// How good it is to give an item to an expert now; the sum of these terms:
/// <list type="bullet">
/// <item><c>qualification</c>: mean of the expert's levels in the skills asked for, as a share of level 5. One level in
/// one of five skills still outweighs <c>idle</c> and <c>load</c> together, so the most qualified comes first.</item>
/// <item><c>language</c>: the level in the item's language, as a share of level 5.</item>
/// <item><c>preferred</c>: 1 for the expert who had the item before; more than any difference in qualification.</item>
/// <item><c>missed</c>: minus 1 for each offer of this item that the expert let expire; more than all terms that speak
/// for an expert, so the others come first.</item>
/// <item><c>urgency</c>: minutes waited since the original opening, plus priority minutes (low −10, high +10, urgent
/// +30), plus 10 times the share of the time to the deadline that is used up (at most twice). The same for every expert:
/// it ranks items for an expert who becomes free. It grows without bound, so nothing starves, and a minute of waiting is
/// worth the whole range of qualification. Priority minutes as in Genesys; ageing that is affine in the wait as in Chan,
/// Koole and L'Ecuyer (2014).</item>
/// <item><c>idle</c>: t/(t + 5 min) for an expert with nothing in hand for a time t: the longest idle of equals.</item>
/// <item><c>load</c>: minus the share of the expert's capacity in use: the least loaded of equals.</item>
/// </list>
/// </summary>
internal sealed class Scoring(ScoreWeights weights)
{
    // Half of the idle term is earned by then.
    private const double IdleHalfMinutes = 5;
    private const double DeadlineMinutes = 10;

    /// <summary>The score; what the terms sum to.</summary>
    public double Score(WorkItem item, Expert expert, DateTimeOffset now) =>
        Qualification(item, expert) + Language(item, expert) + Preferred(item, expert) + Missed(item, expert)
        + Urgency(item, now) + Idle(expert, now) + Load(expert);

    public IReadOnlyList<ScoreTerm> Terms(WorkItem item, Expert expert, DateTimeOffset now) =>
    [
        new("qualification", Qualification(item, expert)),
        new("language", Language(item, expert)),
        new("preferred", Preferred(item, expert)),
        new("missed", Missed(item, expert)),
        new("urgency", Urgency(item, now)),
        new("idle", Idle(expert, now)),
        new("load", Load(expert)),
    ];

    private double Qualification(WorkItem item, Expert expert)
    {
        var skills = item.Request.Skills;
        if (skills.Count == 0) return 0;
        var levels = 0;
        foreach (var required in skills) levels += expert.Profile.Skills[required.Skill];
        return weights.Qualification * levels / (skills.Count * Level.Master);
    }

    private double Language(WorkItem item, Expert expert) =>
        item.Request.Language.Length == 0 ? 0 : weights.Language * expert.Profile.Languages[item.Request.Language] / Level.Master;

    private double Preferred(WorkItem item, Expert expert) => item.PreferredExpert == expert.Id ? weights.Preferred : 0;

    private double Missed(WorkItem item, Expert expert) =>
        item.MissedBy.TryGetValue(expert.Id, out var times) ? -weights.Missed * times : 0;

    private double Urgency(WorkItem item, DateTimeOffset now)
    {
        var waited = Math.Max(0, (now - item.Request.QueuedSince).TotalMinutes);
        var allowed = (item.DueAt - item.WaitingSince).TotalMinutes;
        var used = allowed > 0 ? Math.Clamp((now - item.WaitingSince).TotalMinutes / allowed, 0, 2) : 2;
        return weights.Urgency * (waited + PriorityMinutes(item.Request.Priority) + (DeadlineMinutes * used));
    }

    private static double PriorityMinutes(Priority priority) => priority switch
    {
        Priority.Low => -10,
        Priority.Normal => 0,
        Priority.High => 10,
        Priority.Urgent => 30,
        _ => throw new ArgumentOutOfRangeException(nameof(priority), priority, null),
    };

    private double Idle(Expert expert, DateTimeOffset now)
    {
        if (expert.IdleSince is not { } since) return 0;
        var minutes = Math.Max(0, (now - since).TotalMinutes);
        return weights.Idle * minutes / (minutes + IdleHalfMinutes);
    }

    private double Load(Expert expert) =>
        expert.Profile.Capacity == Capacity.None ? 0 : -weights.Load * expert.Load.Parts / expert.Profile.Capacity.Parts;
}
