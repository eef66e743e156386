namespace Relais.Routing.Domain;

/// <summary>Someone who could have been chosen, with the score that decided.</summary>
internal sealed record Candidate(Guid ExpertId, string ExpertName, double Score, IReadOnlyList<ScoreTerm> Terms)
{
    /// <summary>The lowest of the expert's levels in the skills asked for; 5 when none was.</summary>
    public int Level { get; init; }
}

/// <summary>One named part of a score.</summary>
internal readonly record struct ScoreTerm(string Name, double Value);

/// <summary>Someone who could not be chosen, and why: codes of <see cref="Eligibility"/>.</summary>
internal sealed record Rejection(Guid ExpertId, string ExpertName, IReadOnlyList<string> Reasons);

/// <summary>A skill asked for, as it stood, and the level of whoever was chosen (0 when nobody was).</summary>
internal readonly record struct SkillMatch(string Skill, int MinimumLevel, int Level);

/// <summary>
/// Why an item went to this expert, and not to that one, or why it still waits. Self-contained: what it says stays true
/// when experts and rules change later.
/// </summary>
/// <param name="Trigger">
/// What made routing decide: <c>opened</c>, <c>reopened</c>, <c>declined</c>, <c>expired</c>, <c>rescinded</c>,
/// <c>relaxed</c> (it asks for less), <c>phase</c> (it accepts others) or <c>supply</c> (others are there) for the item;
/// <c>available</c>, <c>released</c>, <c>profile</c>, <c>hours</c> for an expert who became able to take it, <c>assigned</c>
/// for one whom it accepts beside what they were just given; <c>restarted</c>; <c>parked</c> and <c>resumed</c> with its
/// queue; <c>forced</c> and <c>pulled</c> by hand; <c>asked</c> of a question.
/// </param>
/// <param name="Candidates">Best first, at most <see cref="RoutingPolicy.RecordedExperts"/>.</param>
/// <param name="CandidateCount">How many there were.</param>
/// <param name="RejectionCounts">Per code, for how many experts it was the first reason.</param>
/// <param name="Chosen">Null when the item waits.</param>
/// <param name="NextRelaxationAt">When an item that waits asks for less; null when it will not.</param>
internal sealed record Decision(
    Guid Id, Guid ItemId, DateTimeOffset At, string Trigger, IReadOnlyList<Candidate> Candidates, int CandidateCount,
    IReadOnlyList<Rejection> Rejections, IReadOnlyDictionary<string, int> RejectionCounts, IReadOnlyList<Relaxation> Relaxations,
    Guid? Chosen, string ChosenName, bool ChosenPreferred, IReadOnlyList<SkillMatch> Skills, string Language, int LanguageLevel,
    double WaitedSeconds, DateTimeOffset? NextRelaxationAt)
{
    /// <summary>The rule that decided, see <see cref="Rules.MatchingRule.Name"/>.</summary>
    public string Rule { get; init; } = "";

    /// <summary>The level below which nobody is taken yet, beside what is required; 0 when everybody is.</summary>
    public int HeldForLevel { get; init; }

    /// <summary>Until when an item that waits is kept for that level, or for its preferred expert; null when it is not.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>Whether nobody may be offered it now, because its queue is paused or its group closed.</summary>
    public bool Parked { get; init; }

    /// <summary>What made the item urgent for whoever was chosen; empty when nobody was.</summary>
    public IReadOnlyList<ScoreTerm> Urgency { get; init; } = [];
}

/// <summary>The triggers of <see cref="Decision.Trigger"/>.</summary>
internal static class Trigger
{
    public const string Opened = "opened";
    public const string Reopened = "reopened";
    public const string Declined = "declined";
    public const string Expired = "expired";
    public const string Rescinded = "rescinded";
    public const string Relaxed = "relaxed";
    public const string Phase = "phase";
    public const string Assigned = "assigned";
    public const string Supply = "supply";
    public const string Available = "available";
    public const string Released = "released";
    public const string Profile = "profile";
    public const string Hours = "hours";
    public const string Restarted = "restarted";
    public const string Parked = "parked";
    public const string Resumed = "resumed";
    public const string Forced = "forced";
    public const string Pulled = "pulled";

    /// <summary>Nothing happened: somebody wants to know.</summary>
    public const string Asked = "asked";
}
