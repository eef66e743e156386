using System.Collections.Frozen;

namespace Relais.Routing.Domain.Rules;

/// <summary>
/// What <see cref="RelaisRule"/> counts. The defaults were tuned by simulation on worlds 1 to 4 of SBR-1, seeds 101 and
/// 102, steady load .90, and are reported on other worlds and seeds.
/// </summary>
internal sealed record RelaisParameters
{
    /// <summary>Probability that a contact resolves the matter, by level 0 to 5.</summary>
    public IReadOnlyList<double> Resolution { get; init; } = [.30, .50, .62, .72, .80, .87];

    /// <summary>Factor of the handle time, by level 0 to 5.</summary>
    public IReadOnlyList<double> HandleTime { get; init; } = [1.60, 1.35, 1.20, 1.05, .95, .85];

    /// <summary>Mean time between two moments at which one expert is free for an undivided conversation that waits.</summary>
    public double ReleaseSeconds { get; init; } = 235;

    /// <summary>How the release time falls with the share of an expert that an item takes.</summary>
    public double ReleaseExponent { get; init; } = .4;

    /// <summary>
    /// Nothing is held while more than this share of those who are there is idle: at a quiet time an idle expert beside
    /// waiting work helps nobody.
    /// </summary>
    public double CrowdedBelow { get; init; } = .3;

    /// <summary>Channels whose customers do not wait on the line.</summary>
    public FrozenSet<string> DeferrableChannels { get; init; } = FrozenSet.Create(StringComparer.Ordinal, "case", "email");

    /// <summary>The limits for customers who wait on the line.</summary>
    public Limits WhenLive { get; init; } = new(90, 30, 0, 120);

    /// <summary>The limits for the others.</summary>
    public Limits WhenDeferrable { get; init; } = new(3600, 300, 300, 86_400);

    /// <summary>Share of the target before which partial work leaves idle experts alone.</summary>
    public double OpenAfter { get; init; } = .25;

    /// <summary>Share of the target before which deferrable work does not join lighter work.</summary>
    public double JoinAfter { get; init; } = .7;

    /// <summary>What an empty expert's room costs partial work, in probability of resolution.</summary>
    public double Filling { get; init; } = .045;

    /// <summary>What a VIP customer's time counts against a standard one's, beside the shorter target.</summary>
    public double Vip { get; init; } = 1.5;

    /// <summary>The same for a gold customer.</summary>
    public double Gold { get; init; } = 1.25;

    /// <summary>What one step of priority multiplies.</summary>
    public double PriorityStep { get; init; } = 2;

    /// <summary>What deferrable work counts beside its distant target.</summary>
    public double Deferrable { get; init; } = 2.65;

    /// <summary><c>a</c> of <c>1 + (a·x)^p</c>.</summary>
    public double Ageing { get; init; } = 1.75;

    /// <summary><c>p</c> of <c>1 + (a·x)^p</c>.</summary>
    public double AgeingExponent { get; init; } = 3;

    /// <summary>Exponent of resolution per handle time in the choice of an item.</summary>
    public double Selectivity { get; init; } = 4;

    /// <summary>What remains of the pressure at the target once it is missed.</summary>
    public double Late { get; init; } = .025;

    /// <summary>Past the target by so much, an item comes first.</summary>
    public double OverdueSeconds { get; init; } = 300;

    /// <summary>What counts of the target that an item has once more after closed hours or a pause, which may come every day.</summary>
    public double AgainSeconds { get; init; } = 3600;

    /// <summary>
    /// Pressure of an item that just became overdue, as a multiple of the pressure at the target: more than targets from a
    /// second to a day, tiers, priorities and levels can make up for.
    /// </summary>
    public double Overdue { get; init; } = 1e9;
}

/// <summary>The longest waits that holding may cause, however distant the target is, and the longest target; in seconds.</summary>
/// <param name="Hold">For a better level.</param>
/// <param name="Closed">Leaving idle experts alone.</param>
/// <param name="Apart">Not joining lighter work.</param>
/// <param name="Target">What counts of a target that is more distant, where the policy has no service target.</param>
internal sealed record Limits(double Hold, double Closed, double Apart, double Target);
