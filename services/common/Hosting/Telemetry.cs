using Microsoft.Extensions.Configuration;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Relais.Common.Metrics;

namespace Relais.Common.Hosting;

/// <summary>
/// Traces and metrics of the whole process, exported over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector.
/// The sources are Relais' own and those of ASP.NET Core, HttpClient and Npgsql.
/// </summary>
public sealed class Telemetry : IDisposable
{
    private readonly TracerProvider? traces;
    private readonly MeterProvider? metrics;

    private Telemetry(TracerProvider? traces, MeterProvider? metrics)
    {
        this.traces = traces;
        this.metrics = metrics;
    }

    /// <summary>Starts exporting; does nothing without an endpoint. One per process; disposal flushes.</summary>
    public static Telemetry Start(IConfiguration configuration, string serviceName)
    {
        if (string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return new Telemetry(null, null);
        var resource = ResourceBuilder.CreateDefault().AddService(serviceName, serviceNamespace: "relais");
        return new Telemetry(
            Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .AddSource("Relais.*", "Microsoft.AspNetCore", "System.Net.Http", "Npgsql")
                .AddOtlpExporter()
                .Build(),
            Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddPlatformMeters()
                .AddOtlpExporter()
                .Build());
    }

    public void Dispose()
    {
        traces?.Dispose();
        metrics?.Dispose();
    }
}
