using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Relais.EndToEnd;

/// <summary>Takes OTLP over HTTP as a collector does and keeps the names and links of spans by their trace, and the names of metrics.</summary>
internal sealed class FakeCollector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentBag<(string Trace, string Name, IReadOnlyList<string> Links)> spans = [];
    private readonly ConcurrentDictionary<string, bool> metrics = new(StringComparer.Ordinal);

    private FakeCollector(WebApplication app) => this.app = app;

    /// <summary>The names of the metrics that came.</summary>
    public IReadOnlySet<string> Metrics => metrics.Keys.ToHashSet(StringComparer.Ordinal);

    public string Address => app.Urls.Single();

    public static async Task<FakeCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new FakeCollector(app);
        app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            collector.Read(body.ToArray());
        });
        app.MapPost("/v1/metrics", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            collector.ReadMetrics(body.ToArray());
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public List<string> SpansOf(string trace) => [.. spans.Where(span => span.Trace == trace).Select(span => span.Name)];

    /// <summary>The traces to which spans of a trace are linked.</summary>
    public IReadOnlySet<string> LinksOf(string trace) => spans.Where(span => span.Trace == trace).SelectMany(span => span.Links).ToHashSet(StringComparer.Ordinal);

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    // ExportTraceServiceRequest.resource_spans(1).scope_spans(2).spans(2): trace_id(1), name(5), links(13) with their trace_id(1).
    private void Read(byte[] request)
    {
        foreach (var span in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
        {
            spans.Add((
                Convert.ToHexStringLower(Fields(span, 1).Single()), System.Text.Encoding.UTF8.GetString(Fields(span, 5).Single()),
                [.. Fields(span, 13).Select(link => Convert.ToHexStringLower(Fields(link, 1).Single()))]));
        }
    }

    // ExportMetricsServiceRequest.resource_metrics(1).scope_metrics(2).metrics(2): name(1), and gauge(5), sum(7) or histogram(9)
    // with its data_points(1).
    private void ReadMetrics(byte[] request)
    {
        foreach (var metric in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
        {
            if (new[] { 5, 7, 9 }.SelectMany(kind => Fields(metric, kind)).SelectMany(data => Fields(data, 1)).Any())
                metrics[System.Text.Encoding.UTF8.GetString(Fields(metric, 1).Single())] = true;
        }
    }

    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
                found.Add(input.ReadBytes().ToByteArray());
            else
                input.SkipLastField();
        }

        return found;
    }
}
