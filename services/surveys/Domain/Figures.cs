namespace Relais.Surveys.Domain;

/// <summary>The figures of a tally. One with nothing to divide by is null.</summary>
internal sealed record Figures
{
    /// <summary>How long nobody has spoken before a conversation without an end counts as abandoned.</summary>
    public static readonly TimeSpan AbandonedAfter = TimeSpan.FromMinutes(30);

    /// <summary>Conversations that self-care solved, of those that it solved or that went to a person; 0 to 1.</summary>
    public double? SelfCareResolutionRate { get; private init; }

    /// <summary>Conversations that went to a person, of all; 0 to 1.</summary>
    public double? TransferRate { get; private init; }

    /// <summary>Conversations that were neither solved nor went to a person and in which nobody spoke for 30 minutes, of all; 0 to 1.</summary>
    public double? AbandonmentRate { get; private init; }

    /// <summary>Seconds from asking for a person to an expert's first answer.</summary>
    public Distribution? FirstResponseSeconds { get; private init; }

    /// <summary>Tickets resolved and never reopened, of those resolved; 0 to 1.</summary>
    public double? FirstContactResolutionRate { get; private init; }

    /// <summary>CSAT answers of 4 or 5, of all, in percent.</summary>
    public double? Csat { get; private init; }

    /// <summary>Promoters less detractors, in percent: -100 to 100.</summary>
    public double? Nps { get; private init; }

    /// <summary>Mean effort, 1 (very little) to 7 (very much).</summary>
    public double? Ces { get; private init; }

    /// <summary>0 to 100, see <see cref="Domain.ResponsivenessScore"/>.</summary>
    public double? ResponsivenessScore { get; private init; }

    public required Tally Counts { get; init; }

    public static Figures Of(Tally tally, ResponsivenessScore score)
    {
        var figures = new Figures
        {
            SelfCareResolutionRate = Share(tally.SolvedBySelfCare, tally.SolvedBySelfCare + tally.Transferred),
            TransferRate = Share(tally.Transferred, tally.Conversations),
            AbandonmentRate = Share(tally.Abandoned, tally.Conversations),
            FirstResponseSeconds = tally.FirstResponseSeconds,
            FirstContactResolutionRate = Share(tally.ResolvedAtFirstContact, tally.TicketsResolved),
            Csat = 100 * Share(tally.Satisfied, tally.CsatAnswers),
            Nps = 100 * Share(tally.Promoters - tally.Detractors, tally.NpsAnswers),
            Ces = Share(tally.EffortTotal, tally.CesAnswers),
            Counts = tally,
        };
        return figures with { ResponsivenessScore = score.Of(figures) };
    }

    private static double? Share(int part, int whole) => whole == 0 ? null : (double)part / whole;
}

/// <summary>How values spread. Percentiles are of the nearest rank: the smallest value that at least p percent do not exceed.</summary>
internal sealed record Distribution(double P50, double P90, double Mean, int Count)
{
    /// <returns>Null for no values.</returns>
    public static Distribution? Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
            return null;
        var sorted = values.Order().ToArray();
        return new Distribution(NearestRank(sorted, 50), NearestRank(sorted, 90), sorted.Average(), sorted.Length);
    }

    private static double NearestRank(double[] sorted, int percent) => sorted[(percent * sorted.Length + 99) / 100 - 1];
}
