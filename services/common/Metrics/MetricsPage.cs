using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Relais.Common.Hosting;

namespace Relais.Common.Metrics;

/// <summary>
/// <c>/metrics</c>: the whole process in Prometheus' text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). It counts from the first target of the process on.
/// </summary>
internal static class MetricsPage
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Every target of a process has instruments of its own, some hundred each; what is beyond the limit is not measured.
    private const int MostStreams = 10_000;

    // It lives as long as the process.
    private static readonly Lazy<Recorder> OfProcess = new(() =>
    {
        var exporter = new PageExporter();
        return new Recorder(exporter, Sdk.CreateMeterProviderBuilder().AddPlatformMeters()
            .SetMaxMetricStreams(MostStreams).AddReader(new BaseExportingMetricReader(exporter)).Build());
    });

    /// <summary>Starts to count, for the first target of a process.</summary>
    public static void Start() => _ = OfProcess.Value;

    public static void Map(WebApplication app, ServiceTarget target)
    {
        var options = app.Services.GetRequiredService<MetricsOptions>();
        app.MapGet("/metrics", async context =>
        {
            if (!MayRead(context, options.Token, target.IsPublic))
            {
                context.Response.StatusCode = options.Token.Length > 0 ? StatusCodes.Status401Unauthorized : StatusCodes.Status404NotFound;
                return;
            }

            var page = Write(OfProcess.Value);
            context.Response.ContentType = ContentType;
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.WriteAsync(page, context.RequestAborted);
        });
    }

    private static byte[] Write(Recorder recorder)
    {
        lock (recorder)
        {
            recorder.Exporter.Page = null;
            recorder.Exporter.Collect?.Invoke(Timeout.Infinite);
            return Encoding.UTF8.GetBytes(recorder.Exporter.Page ?? "");
        }
    }

    private static bool MayRead(HttpContext context, string token, bool isPublic)
    {
        if (token.Length == 0)
            return !isPublic || context.IsDirectlyFromThisMachine();
        var given = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
        return CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes("Bearer " + token));
    }

    private sealed record Recorder(PageExporter Exporter, MeterProvider Provider);

    [ExportModes(ExportModes.Pull)]
    private sealed class PageExporter : BaseExporter<Metric>, IPullMetricExporter
    {
        public Func<int, bool>? Collect { get; set; }

        public string? Page { get; set; }

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var text = new PrometheusText();
            foreach (var metric in batch)
                text.Add(metric);
            Page = text.ToString();
            return ExportResult.Success;
        }
    }
}
