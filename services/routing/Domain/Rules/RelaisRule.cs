namespace Relais.Routing.Domain.Rules;

/// <summary>
/// The default rule: the most qualified expert who can still answer in time. What it weighs, in the order in which it
/// matters:
/// <list type="number">
/// <item><em>Holding with slack.</em> An item takes a level at once only when waiting for a better one is not worth it.
/// Of <c>n</c> experts who are there with a better level, one becomes free in a time <c>t</c> with probability
/// <c>1 − exp(−n·t/r)</c>, where <c>r</c> is <see cref="RelaisParameters.ReleaseSeconds"/> times the item's share of an
/// expert to the power <see cref="RelaisParameters.ReleaseExponent"/>: a smaller item finds room more often. Level
/// <c>l</c> is accepted from the moment when that probability, over the time left to the target, times the resolution of
/// the better level falls to the resolution of <c>l</c>. An item near its target so takes anyone eligible, and one for
/// which few are better hardly waits. (The slack-aware reserve of SBR-1's <c>gcmu_reserve</c>, with the thresholds derived
/// instead of listed.)</item>
/// <item><em>Whole experts stay whole.</em> Work that takes part of an expert goes where other work is in hand before it
/// opens an idle one, who alone can take a call: for a share <see cref="RelaisParameters.OpenAfter"/> of its target it
/// only takes experts who are busy already, or never have room for a call, and later still prefers the fuller one
/// (<see cref="RelaisParameters.Filling"/>). Work with a distant target does not join lighter work before a share
/// <see cref="RelaisParameters.JoinAfter"/>: a case among chats leaves a rest that no chat fits in.</item>
/// <item><em>Urgency of those that can still make it.</em> A free expert takes the item with the highest
/// <c>tier/target · (1 + (a·x)^p) · (resolution/handle time)^q</c>, where <c>x</c> is the share of the target that is
/// used up: a generalised cµ index with a convex delay cost (van Mieghem 1995, Mandelbaum and Stolyar 2004), whose µ
/// weighs resolution against handle time (de Véricourt and Zhou 2005).</item>
/// <item><em>Late, not lost.</em> Past its target an item counts <see cref="RelaisParameters.Late"/> of what it did, so
/// that it does not make the next one late too; from <see cref="RelaisParameters.OverdueSeconds"/> past the target it
/// comes before everything that is not overdue, and the more the longer it waits, so that nothing starves. After closed
/// hours or a pause its target passes once more before that, or <see cref="RelaisParameters.AgainSeconds"/>.</item>
/// <item>Of equals, the longest idle.</item>
/// </list>
/// Nothing is held for longer than <see cref="Limits"/> allow, no target counts for more, and nothing is held at all while more than
/// <see cref="RelaisParameters.CrowdedBelow"/> of those who are there is idle.
/// It knows what a tenant's engine knows: levels, who is there, targets, and how handle time and resolution depend on the
/// level (defaults until the tenant's own are measured).
/// </summary>
internal sealed class RelaisRule(RelaisParameters parameters) : MatchingRule
{
    private const double Full = 1 - 1e-9;
    // Two phases closer than this are one.
    private const double ShortestPhaseSeconds = .05;

    private readonly double[] _worth = [.. parameters.Resolution.Zip(parameters.HandleTime, (resolved, time) => Math.Pow(resolved / time, parameters.Selectivity))];

    public RelaisRule()
        : this(new RelaisParameters())
    {
    }

    public override string Name => "relais";

    public override int Standings => Hand.Count;

    public override int Standing(in ExpertState expert) => Hand.Of(expert);

    public override bool ComparesAllSkills => true;

    public override bool DependsOnSupply => true;

    public override bool ExcludesStandings => true;

    public override IReadOnlyList<Phase> Phases(WorkClass work, Supply supply)
    {
        var target = TargetOf(work);
        var left = Math.Min(target, work.Left.TotalSeconds);
        var counts = supply.TopPresent >= 0 ? supply.Present : supply.Rostered;
        var top = supply.TopPresent >= 0 ? supply.TopPresent : supply.TopRostered;
        var limits = LimitsOf(work);
        var crowded = supply.IdleShare <= parameters.CrowdedBelow;
        var accepted = AcceptedFrom(work, counts, top, left, crowded ? limits.Hold : 0);
        var borders = new SortedSet<double>(accepted.Where(from => from < left)) { 0 };
        var opens = crowded && IsPart(work) ? Math.Min(limits.Closed, parameters.OpenAfter * left) : 0;
        var joins = crowded && IsDeferrable(work) ? Math.Min(limits.Apart, parameters.JoinAfter * left) : 0;
        // What waited out closed hours has time again before it comes first: else all of it would at once.
        var overdue = Math.Max(left, Math.Min(target, parameters.AgainSeconds)) + parameters.OverdueSeconds;
        borders.Add(opens);
        borders.Add(joins);
        borders.Add(left);
        borders.Add(overdue);

        var phases = new List<Phase>(borders.Count);
        foreach (var from in borders)
        {
            var phase = new Phase(TimeSpan.FromSeconds(from), LowestAccepted(accepted, counts, top, from), (int)StageAt(from, opens, joins, left, overdue));
            if (phases.Count > 0 && (from - phases[^1].From.TotalSeconds < ShortestPhaseSeconds || SameAs(phases[^1], phase)))
            {
                // A border that cannot be told from the one before belongs to it.
                phases[^1] = phase with { From = phases[^1].From };
                continue;
            }

            phases.Add(phase);
        }

        return phases;
    }

    public override double Preference(WorkClass work, int stage, int level, int standing)
    {
        if (!Admits(work, (Stage)stage, standing)) return double.NegativeInfinity;
        return parameters.Resolution[level] + FillingTerm(work, standing);
    }

    public override double Worth(WorkClass work, int stage, int level, int standing) => Cost(work) * _worth[level];

    public override Pressure PressureOf(WorkClass work, int stage)
    {
        var atTarget = 1 + Pressure.Aged(parameters.Ageing, parameters.AgeingExponent);
        var target = Math.Max(1, TargetOf(work));
        return (Stage)stage switch
        {
            // It goes on rising, so that nothing overdue starves behind what is more urgent and overdue too.
            Stage.Overdue => new Pressure(parameters.Overdue * atTarget, target, Growth: 1),
            Stage.Late => new Pressure(parameters.Late * atTarget),
            Stage.Fresh or Stage.MayOpen or Stage.MayJoin => new Pressure(1, target, Ageing: parameters.Ageing, Exponent: parameters.AgeingExponent),
            _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
        };
    }

    public override IReadOnlyList<ScoreTerm> Explain(WorkClass work, int stage, int level, int standing) =>
    [
        new("resolution", parameters.Resolution[level]),
        new("filling", FillingTerm(work, standing)),
    ];

    public override IReadOnlyList<ScoreTerm> ExplainUrgency(WorkClass work, int stage, int level, int standing, double waitedSeconds) =>
    [
        new("cost", Cost(work)),
        new("pressure", PressureOf(work, stage).After(waitedSeconds)),
        new("worth", _worth[level]),
    ];

    private double FillingTerm(WorkClass work, int standing) => IsPart(work) ? -parameters.Filling * (1 - Hand.Load(standing)) : 0;

    /// <summary>The wait, in seconds, from which each level is accepted.</summary>
    private double[] AcceptedFrom(WorkClass work, IReadOnlyList<int> counts, int top, double left, double longest)
    {
        var release = parameters.ReleaseSeconds * Math.Pow(Math.Min(1, work.Weight.Whole), parameters.ReleaseExponent);
        var accepted = new double[Level.Master + 1];
        for (var level = top - 1; level >= 0; level--)
        {
            // Who waits for a better one accepts no worse one meanwhile.
            accepted[level] = accepted[level + 1];
            for (var better = level + 1; better <= top; better++)
            {
                var ratio = parameters.Resolution[level] / parameters.Resolution[better];
                if (ratio >= 1 || counts[better] == 0) continue;
                accepted[level] = Math.Max(accepted[level], Math.Min(longest, left + (Math.Log(1 - ratio) * release / counts[better])));
            }
        }

        return accepted;
    }

    private static int LowestAccepted(double[] accepted, IReadOnlyList<int> counts, int top, double waited)
    {
        if (top <= 0) return 0;
        var lowest = top;
        while (lowest > 0 && accepted[lowest - 1] <= waited + ShortestPhaseSeconds) lowest--;
        // A level that nobody there has makes no difference, and so no phase of its own.
        while (lowest < top && counts[lowest] == counts[lowest + 1]) lowest++;
        return accepted[0] <= waited + ShortestPhaseSeconds ? 0 : lowest;
    }

    private static Stage StageAt(double waited, double opens, double joins, double left, double overdue)
    {
        if (waited >= overdue) return Stage.Overdue;
        if (waited >= left) return Stage.Late;
        if (waited < opens) return Stage.Fresh;
        return waited < joins ? Stage.MayOpen : Stage.MayJoin;
    }

    private bool Admits(WorkClass work, Stage stage, int standing) => stage switch
    {
        Stage.Fresh => standing != Hand.Empty && !IsKeptApart(work, standing),
        Stage.MayOpen => !IsKeptApart(work, standing),
        Stage.MayJoin or Stage.Late or Stage.Overdue => true,
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, null),
    };

    private bool IsKeptApart(WorkClass work, int standing) => IsDeferrable(work) && Hand.IsLighterThan(standing, work.Weight.Whole);

    // The engine's budgets differ; a weight of 1 is one undivided conversation.
    private static bool IsPart(WorkClass work) => work.Weight.Whole < Full;

    private bool IsDeferrable(WorkClass work) => parameters.DeferrableChannels.Contains(work.Channel);

    private Limits LimitsOf(WorkClass work) => IsDeferrable(work) ? parameters.WhenDeferrable : parameters.WhenLive;

    /// <summary>The seconds that count: a customer on the line does not wait for hours because the answer is due then.</summary>
    private double TargetOf(WorkClass work) => Math.Min(work.Target.TotalSeconds, work.Service?.TotalSeconds ?? LimitsOf(work).Target);

    private double Cost(WorkClass work)
    {
        var tier = work.Tier switch
        {
            CustomerTier.Vip => parameters.Vip,
            CustomerTier.Gold => parameters.Gold,
            CustomerTier.Standard => 1,
            _ => throw new ArgumentOutOfRangeException(nameof(work), work.Tier, null),
        };
        var priority = Math.Pow(parameters.PriorityStep, (int)work.Priority - (int)Priority.Normal);
        return tier * priority * (IsDeferrable(work) ? parameters.Deferrable : 1) / Math.Max(1, TargetOf(work));
    }

    private static bool SameAs(Phase one, Phase other) => one.MinimumLevel == other.MinimumLevel && one.Stage == other.Stage;

    /// <summary>What an item's wait allows it.</summary>
    private enum Stage
    {
        /// <summary>Only experts who have work in hand, or never have room for a whole conversation.</summary>
        Fresh,

        /// <summary>Idle experts too.</summary>
        MayOpen,

        /// <summary>Experts who hold lighter work too.</summary>
        MayJoin,

        Late,

        Overdue,
    }
}
