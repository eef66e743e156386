namespace Relais.Routing.Domain.Rules;

/// <summary>A step of <see cref="Timed"/>: from a wait on, the lowest level that is taken.</summary>
internal sealed record TimedStep(TimeSpan From, int MinimumLevel);

/// <summary>
/// Levels that open with time, in the manner of the workflow steps of Twilio's TaskRouter and of Amazon Connect's routing
/// criteria: the longest idle of those at the level, then of the next. A free expert takes live channels before deferred
/// ones, then the higher priority, then the higher tier, then the oldest.
/// </summary>
/// <param name="deferred">Channels whose customers do not wait on the line.</param>
internal sealed class Timed(IReadOnlyList<TimedStep> steps, IReadOnlySet<string> deferred) : MatchingRule
{
    private const double PriorityStep = 5;
    private const double LiveStep = 50;

    private readonly Phase[] _phases = [.. steps.Select(step => new Phase(step.From, step.MinimumLevel))];

    /// <summary>Level 4 at once, level 3 after 15 s, anyone after 30 s.</summary>
    public Timed()
        : this(
            [new TimedStep(TimeSpan.Zero, 4), new TimedStep(TimeSpan.FromSeconds(15), 3), new TimedStep(TimeSpan.FromSeconds(30), 0)],
            new HashSet<string>(StringComparer.Ordinal) { "case", "email" })
    {
    }

    public override string Name => "timed";

    public override IReadOnlyList<Phase> Phases(WorkClass work, Supply supply) => _phases;

    public override double Preference(WorkClass work, int stage, int level, int standing) => 0;

    public override double Worth(WorkClass work, int stage, int level, int standing) =>
        Live(work) + (PriorityStep * (int)work.Priority) + (int)work.Tier;

    public override IReadOnlyList<ScoreTerm> ExplainUrgency(WorkClass work, int stage, int level, int standing, double waitedSeconds) =>
        [new("live", Live(work)), new("priority", PriorityStep * (int)work.Priority), new("tier", (int)work.Tier)];

    private double Live(WorkClass work) => deferred.Contains(work.Channel) ? 0 : LiveStep;
}
