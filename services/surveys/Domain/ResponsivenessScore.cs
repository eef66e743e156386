namespace Relais.Surveys.Domain;

/// <summary>A figure's goal and how much it counts.</summary>
internal sealed class Goal
{
    /// <summary>The value at which the figure counts fully; in the figure's own unit.</summary>
    public double Value { get; set; }

    /// <summary>0 or more; against those of the other figures.</summary>
    public double Weight { get; set; }
}

/// <summary>The goals of every figure. The defaults are where a contact centre that answers in minutes would put them.</summary>
internal sealed class Goals
{
    public Goal SelfCareResolutionRate { get; set; } = new() { Value = 0.60, Weight = 2 };

    public Goal TransferRate { get; set; } = new() { Value = 0.40, Weight = 1 };

    public Goal AbandonmentRate { get; set; } = new() { Value = 0.10, Weight = 1 };

    /// <summary>Of the 90th percentile, in seconds.</summary>
    public Goal FirstResponseSeconds { get; set; } = new() { Value = 900, Weight = 2 };

    public Goal FirstContactResolutionRate { get; set; } = new() { Value = 0.75, Weight = 2 };

    /// <summary>In percent.</summary>
    public Goal Csat { get; set; } = new() { Value = 85, Weight = 2 };

    /// <summary>From -100 to 100.</summary>
    public Goal Nps { get; set; } = new() { Value = 50, Weight = 1 };

    /// <summary>From 1 to 7, where less is better.</summary>
    public Goal Ces { get; set; } = new() { Value = 2.5, Weight = 1 };

    public IEnumerable<(string Name, Goal Goal, double Lowest, double Highest)> All =>
    [
        (nameof(SelfCareResolutionRate), SelfCareResolutionRate, 0, 1),
        (nameof(TransferRate), TransferRate, 0, 1),
        (nameof(AbandonmentRate), AbandonmentRate, 0, 1),
        (nameof(FirstResponseSeconds), FirstResponseSeconds, 0, double.MaxValue),
        (nameof(FirstContactResolutionRate), FirstContactResolutionRate, 0, 1),
        (nameof(Csat), Csat, 0, 100),
        (nameof(Nps), Nps, -100, 100),
        (nameof(Ces), Ces, 1, 7),
    ];
}

/// <summary>
/// The digital responsiveness score: the weighted mean of how far each figure attains its goal, 0 to 100. A figure at its
/// goal or better attains it fully. Where more is better, half the goal is half attained; where less is better, twice the
/// goal is. NPS and CES are measured from the worst end of their scales. A figure that is absent counts for nothing, and
/// so does its weight.
/// </summary>
internal sealed class ResponsivenessScore(Goals goals)
{
    private const double WorstNps = -100;
    private const double WorstEffort = 7;

    /// <returns>Null while no figure that has a weight is there.</returns>
    public double? Of(Figures figures)
    {
        (Goal Goal, double? Attained)[] parts =
        [
            (goals.SelfCareResolutionRate, AtLeast(figures.SelfCareResolutionRate, goals.SelfCareResolutionRate)),
            (goals.TransferRate, AtMost(figures.TransferRate, goals.TransferRate)),
            (goals.AbandonmentRate, AtMost(figures.AbandonmentRate, goals.AbandonmentRate)),
            (goals.FirstResponseSeconds, AtMost(figures.FirstResponseSeconds?.P90, goals.FirstResponseSeconds)),
            (goals.FirstContactResolutionRate, AtLeast(figures.FirstContactResolutionRate, goals.FirstContactResolutionRate)),
            (goals.Csat, AtLeast(figures.Csat, goals.Csat)),
            (goals.Nps, From(WorstNps, figures.Nps, goals.Nps)),
            (goals.Ces, From(WorstEffort, figures.Ces, goals.Ces)),
        ];
        var present = parts.Where(part => part.Attained is not null).ToList();
        var weight = present.Sum(part => part.Goal.Weight);
        return weight > 0 ? 100 * present.Sum(part => part.Goal.Weight * part.Attained!.Value) / weight : null;
    }

    private static double? AtLeast(double? value, Goal goal) => value is null ? null : value >= goal.Value ? 1 : value / goal.Value;

    private static double? AtMost(double? value, Goal goal) => value is null ? null : value <= goal.Value ? 1 : goal.Value / value;

    private static double? From(double worst, double? value, Goal goal) =>
        value is null ? null : goal.Value == worst ? 1 : Math.Clamp((value.Value - worst) / (goal.Value - worst), 0, 1);
}
