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

    // Told apart by method and status, of which a process has many; nothing else has more labels than targets, queues or consumers.
    private static readonly string[] ByMethod = ["http.server.request.duration", "http.client.request.duration", "rpc.server.call.duration"];

    public static MeterProviderBuilder AddPlatformMeters(this MeterProviderBuilder builder) => builder.AddMeter(Names).AddView(Stream);

    private static MetricStreamConfiguration Stream(Instrument instrument)
    {
        var stream = instrument.Unit == "s" && instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Histogram<>)
            ? new ExplicitBucketHistogramConfiguration { Boundaries = Seconds }
            : new MetricStreamConfiguration();
        // Room for all of them is taken at the start; what is beyond it is counted together.
        stream.CardinalityLimit = ByMethod.Contains(instrument.Name) ? 2_000 : 200;
        return stream;
    }
}
