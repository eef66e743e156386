namespace Relais.Routing.Domain.Rules;

/// <summary>
/// How routing chooses among those who may take an item, and among the items that an expert may take. A rule is stateless
/// data: the engine asks it the questions below, keeps the answers in its indexes, and stays exact.
/// </summary>
/// <remarks>
/// The <em>level</em> of an expert for an item is the lowest of their levels in the skills that the item asked for (5 when
/// it asked for none): a matter is handled no better than its weakest part. That their team may have it is required beside.
/// </remarks>
internal abstract class MatchingRule
{
    /// <summary>The most standings that the index keeps apart.</summary>
    public const int MostStandings = 16;

    /// <summary>What a policy calls it.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// What a waiting item accepts as its wait goes on: never empty, the first from zero, each later than the one before.
    /// An item in a phase is given only to experts of the phase's level or better. Entering a phase places the item anew.
    /// </summary>
    public virtual IReadOnlyList<Phase> Phases(WorkClass work, Supply supply) => [Phase.Anyone];

    /// <summary>
    /// Whether <see cref="Preference"/> excludes some standings: then an expert whose standing changed with what they were
    /// given may be accepted by items that did not accept them before.
    /// </summary>
    public virtual bool ExcludesStandings => false;

    /// <summary>Whether <see cref="Phases"/> looks at the supply: then it is asked again when that changes.</summary>
    public virtual bool DependsOnSupply => false;

    /// <summary>How many standings <see cref="Standing"/> tells apart: 1 to <see cref="MostStandings"/>.</summary>
    public virtual int Standings => 1;

    /// <summary>An expert's standing at the moment, from 0: what counts of their load. Asked after every change of load.</summary>
    public virtual int Standing(in ExpertState expert) => 0;

    /// <summary>Who comes first of those with equal <see cref="Preference"/>.</summary>
    public virtual TieBreak TieBreak => TieBreak.LongestIdle;

    /// <summary>
    /// Whether, at equal <see cref="Preference"/> and after <see cref="RoutingPolicy.Wanted"/>, the level in the item's language decides, then the sum of the levels in
    /// all the skills asked for, before <see cref="TieBreak"/> does.
    /// </summary>
    public virtual bool ComparesAllSkills => false;

    /// <summary>How good it is to give an item to an expert of a level and a standing: the highest is chosen.</summary>
    /// <remarks>NaN or negative infinity: never, while the item is in this stage and the expert has this standing.</remarks>
    public abstract double Preference(WorkClass work, int stage, int level, int standing);

    /// <summary>
    /// How much an item is worth to an expert who is free, apart from its wait: 0 or more. The item with the highest
    /// <see cref="Urgency"/> is chosen, then the oldest.
    /// </summary>
    public abstract double Worth(WorkClass work, int stage, int level, int standing);

    /// <summary>How the wait makes an item more urgent while it is in a stage.</summary>
    public virtual Pressure PressureOf(WorkClass work, int stage) => Pressure.None;

    /// <summary><see cref="Worth"/> times the <see cref="PressureOf"/> the wait.</summary>
    /// <param name="waitedSeconds">Since the original opening.</param>
    public double Urgency(WorkClass work, int stage, int level, int standing, double waitedSeconds) =>
        Worth(work, stage, level, standing) * PressureOf(work, stage).After(waitedSeconds);

    /// <summary>The named terms whose sum is <see cref="Preference"/>, as decisions record them; what they are is the rule's to document.</summary>
    public virtual IReadOnlyList<ScoreTerm> Explain(WorkClass work, int stage, int level, int standing) =>
        [new("preference", Preference(work, stage, level, standing))];

    /// <summary>The named factors or terms behind <see cref="Urgency"/>.</summary>
    public virtual IReadOnlyList<ScoreTerm> ExplainUrgency(WorkClass work, int stage, int level, int standing, double waitedSeconds) =>
        [new("worth", Worth(work, stage, level, standing)), new("pressure", PressureOf(work, stage).After(waitedSeconds))];
}

/// <summary>
/// What a wait adds to an item's urgency: 0 or more, and never falling while the wait grows, so that of one class and phase
/// only the oldest item has to be looked at. All else that a rule makes of a class of work is worked out beforehand.
/// </summary>
/// <param name="Least">From the first moment on.</param>
/// <param name="Seconds">The wait that is measured against: the promise, as a rule.</param>
/// <param name="Growth">After <paramref name="Seconds"/>, the share of the wait by which the least is multiplied; 0 for not at all.</param>
/// <param name="Ageing">What comes on top after <paramref name="Seconds"/>, before it is raised to the <paramref name="Exponent"/>.</param>
internal sealed record Pressure(double Least, double Seconds = 1, double Growth = 0, double Ageing = 0, double Exponent = 3)
{
    public static readonly Pressure None = new(1);

    /// <param name="waitedSeconds">Since the original opening.</param>
    public double After(double waitedSeconds)
    {
        var share = waitedSeconds / Seconds;
        return (Least * Math.Max(1, Growth * share)) + Aged(Ageing * Math.Min(1, share), Exponent);
    }

    /// <summary>Asked for every item that is compared; the usual exponent needs no general power.</summary>
    public static double Aged(double share, double exponent) => exponent == 3 ? share * share * share : Math.Pow(share, exponent);
}

/// <summary>From a wait on, the lowest level that an item accepts.</summary>
/// <param name="From">Since the item began to wait this time.</param>
/// <param name="MinimumLevel">0 accepts whoever meets the requirements.</param>
/// <param name="Stage">A small number of the rule's own, given back to it with its questions about items in this phase.</param>
internal readonly record struct Phase(TimeSpan From, int MinimumLevel, int Stage = 0)
{
    public static readonly Phase Anyone = new(TimeSpan.Zero, 0);
}

/// <summary>Who comes first of equals.</summary>
internal enum TieBreak
{
    /// <summary>Whose last work ended, or who came, the longest ago, even when other work is still in hand.</summary>
    LongestIdle = 1,

    /// <summary>Who was given work the longest ago; at first, who came first.</summary>
    LeastRecentlyAssigned = 2,
}

/// <summary>What items have in common that a rule may tell apart.</summary>
/// <param name="Skills">As asked, before any relaxation.</param>
/// <param name="Target">What was promised: from the opening or the reopening to the due time.</param>
internal sealed record WorkClass(
    IReadOnlyList<SkillRequirement> Skills, string Language, string Channel, Capacity Weight, CustomerTier Tier, Priority Priority, TimeSpan Target)
{
    /// <summary>
    /// What of the target was left when this wait began, which is later than the promise after closed hours or a pause; zero
    /// when it was due already.
    /// </summary>
    public TimeSpan Left { get; init; } = Target;

    /// <inheritdoc cref="WorkRequest.ServiceTarget"/>
    public TimeSpan? Service { get; init; }
}

/// <summary>How many experts could serve a class of work, wherever they are and whatever they hold.</summary>
/// <param name="Present">By level 0 to 5, the experts of that level or better who are available and on duty, busy or not.</param>
/// <param name="Rostered">The same of everyone who takes work at all.</param>
internal sealed record Supply(IReadOnlyList<int> Present, IReadOnlyList<int> Rostered)
{
    /// <summary>What rules are given that do not depend on it.</summary>
    public static readonly Supply Unknown = new([], []);

    /// <summary>
    /// The share of all experts present who have nothing in hand, smoothed over about ten minutes and in steps of a tenth, so
    /// that it seldom changes; 1 before much is known.
    /// </summary>
    public double IdleShare { get; init; } = 1;

    /// <summary>The best level on the roster; -1 when nobody qualifies.</summary>
    public int TopRostered => Top(Rostered);

    /// <summary>The best level of those who are there; -1 when nobody is.</summary>
    public int TopPresent => Top(Present);

    private static int Top(IReadOnlyList<int> counts)
    {
        var top = counts.Count - 1;
        while (top >= 0 && counts[top] == 0) top--;
        return top;
    }
}

/// <summary>What a rule may know of an expert beside the levels.</summary>
/// <param name="Held">Items offered to or accepted by the expert.</param>
internal readonly record struct ExpertState(Capacity Load, Capacity Capacity, int Held);
