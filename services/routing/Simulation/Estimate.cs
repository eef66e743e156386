namespace Relais.Routing.Simulation;

/// <summary>A mean over independent runs with the half-width of its 95% confidence interval (Student's t).</summary>
internal readonly record struct Estimate(double Mean, double HalfWidth)
{
    private static readonly double[] Quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    ];

    /// <summary>Values that are not numbers are left out; one value alone has no known width.</summary>
    public static Estimate Of(IEnumerable<double> values)
    {
        var known = values.Where(double.IsFinite).ToList();
        if (known.Count == 0) return new Estimate(double.NaN, double.NaN);
        var mean = known.Average();
        if (known.Count == 1) return new Estimate(mean, double.NaN);
        var variance = known.Sum(value => (value - mean) * (value - mean)) / (known.Count - 1);
        return new Estimate(mean, Quantile(known.Count - 1) * Math.Sqrt(variance / known.Count));
    }

    /// <summary>Whether two means may be the same as far as both intervals tell.</summary>
    public bool AgreesWith(Estimate other) => Math.Abs(Mean - other.Mean) <= Math.Sqrt((HalfWidth * HalfWidth) + (other.HalfWidth * other.HalfWidth));

    // Beyond the table, the first terms of the expansion around the normal quantile.
    private static double Quantile(int freedom) =>
        freedom <= Quantiles.Length ? Quantiles[freedom - 1] : 1.95996 + (2.3722 / freedom) + (2.8225 / ((double)freedom * freedom));
}
