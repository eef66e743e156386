using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace Relais.Common.Metrics;

/// <summary>What is measured, for every reader in the same way.</summary>
internal static class PlatformMeters
{
    private static readonly string[] Names =
        ["Relais.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql"];

    // From a millisecond, what a call takes, to two hours, what a matter may wait.
    private static readonly double[] Seconds =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];

    public static MeterProviderBuilder AddPlatformMeters(this MeterProviderBuilder builder) => builder
        .AddMeter(Names)
        .AddView(instrument => instrument.Unit == "s" && instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Histogram<>)
            ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds }
            : null);
}
