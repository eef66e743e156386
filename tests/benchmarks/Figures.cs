using System.Globalization;

namespace Relais.Benchmarks;

/// <summary>Prints figures in one form.</summary>
internal static class Figures
{
    /// <summary>The value below which a share of the sorted values lies (nearest rank).</summary>
    public static double Percentile(List<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];

    public static void Milliseconds(string what, IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        Line(what, string.Create(CultureInfo.InvariantCulture,
            $"n {sorted.Count}, p50 {Percentile(sorted, .5):0.0} ms, p90 {Percentile(sorted, .9):0.0} ms, p99 {Percentile(sorted, .99):0.0} ms, max {sorted.LastOrDefault():0.0} ms"));
    }

    public static void Line(string what, string figures) => Console.WriteLine($"{what,-44} {figures}");

    public static void Number(string what, double value, string unit) =>
        Line(what, string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit}"));
}
