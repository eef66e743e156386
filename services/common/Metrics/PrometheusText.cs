using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace Relais.Common.Metrics;

/// <summary>
/// Writes metrics in Prometheus' text format 0.0.4, named as OpenTelemetry's compatibility specification says: dots become
/// underscores, units and <c>_total</c> follow the name.
/// </summary>
internal sealed class PrometheusText
{
    private readonly SortedDictionary<string, (string Help, string Type, Samples Samples)> families = new(StringComparer.Ordinal);

    public void Add(Metric metric)
    {
        var type = metric.MetricType switch
        {
            MetricType.LongSum or MetricType.DoubleSum => "counter",
            MetricType.Histogram => "histogram",
            _ => "gauge",
        };
        var name = NameOf(metric, type);
        if (!families.TryGetValue(name, out var family))
            families[name] = family = (metric.Description, type, new Samples(replaces: metric.MetricType is MetricType.LongGauge or MetricType.DoubleGauge));
        // Two meters that mean different things by one name cannot stand in one family.
        if (family.Type != type)
            return;
        foreach (ref readonly var point in metric.GetMetricPoints())
            Write(family.Samples, name, metric.MetricType, point);
    }

    public override string ToString()
    {
        var page = new StringBuilder();
        foreach (var (name, (help, type, samples)) in families)
        {
            if (help.Length > 0)
                page.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
            page.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            samples.WriteTo(page);
        }

        return page.ToString();
    }

    private static void Write(Samples samples, string name, MetricType type, in MetricPoint point)
    {
        var labels = LabelsOf(point.Tags);
        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                samples.Add(name, labels, point.GetSumLong());
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                samples.Add(name, labels, point.GetSumDouble());
                break;
            case MetricType.LongGauge:
                samples.Add(name, labels, point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                samples.Add(name, labels, point.GetGaugeLastValueDouble());
                break;
            case MetricType.Histogram:
                var upTo = 0L;
                foreach (var bucket in point.GetHistogramBuckets())
                {
                    upTo += bucket.BucketCount;
                    samples.Add(name + "_bucket", With(labels, $"le=\"{Number(bucket.ExplicitBound)}\""), upTo);
                }

                samples.Add(name + "_sum", labels, point.GetHistogramSum());
                samples.Add(name + "_count", labels, point.GetHistogramCount());
                break;
            default:
                // Exponential histograms have no place in this format, and no view asks for them.
                break;
        }
    }

    private static string With(string labels, string label) => labels.Length == 0 ? label : labels + "," + label;

    private static string LabelsOf(OpenTelemetry.ReadOnlyTagCollection tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(Clean(key, allowColon: false)).Append("=\"");
            foreach (var character in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                _ = character switch
                {
                    '\\' => text.Append("\\\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    _ => text.Append(character),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string NameOf(Metric metric, string type)
    {
        var name = new StringBuilder(Clean(metric.Name, allowColon: true));
        // https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata
        var unit = metric.Unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            "1" when type == "gauge" => "ratio",
            _ => "",
        };
        if (unit.Length > 0 && !EndsWith(name, unit))
            name.Append('_').Append(unit);
        if (type == "counter" && !EndsWith(name, "total"))
            name.Append("_total");
        return name.ToString();
    }

    private static bool EndsWith(StringBuilder name, string part) => name.ToString().EndsWith("_" + part, StringComparison.Ordinal);

    private static string Clean(string name, bool allowColon)
    {
        var clean = string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) || (allowColon && character == ':') ? character : '_'));
        return clean.Length == 0 || char.IsAsciiDigit(clean[0]) ? "_" + clean : clean;
    }

    /// <summary>
    /// The lines of a family. Several targets of one process count the same thing each for itself; together they are one line.
    /// </summary>
    private sealed class Samples(bool replaces)
    {
        private readonly Dictionary<string, double> values = new(StringComparer.Ordinal);
        private readonly List<string> order = [];

        public void Add(string name, string labels, double value)
        {
            var line = labels.Length == 0 ? name : $"{name}{{{labels}}}";
            if (values.TryAdd(line, value))
                order.Add(line);
            else
                values[line] = replaces ? value : values[line] + value;
        }

        public void WriteTo(StringBuilder page)
        {
            foreach (var line in order)
                page.Append(line).Append(' ').Append(Number(values[line])).Append('\n');
        }
    }
}
