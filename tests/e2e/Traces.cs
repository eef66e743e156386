using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>What an OpenTelemetry collector sees of the main job.</summary>
public sealed class Traces
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_trace_follows_a_request_through_the_gateway_gRPC_and_events()
    {
        await using var collector = await FakeCollector.StartAsync();
        await using var platform = await PlatformProcess.StartAsync(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        });
        using var http = new HttpClient { BaseAddress = platform.Address };
        var opened = await (await http.PostAsJsonAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat", ["locale"] = "fr", ["customer"] = new JsonObject { ["displayName"] = "Alix" },
        }, Stop)).Content.ReadFromJsonAsync<JsonObject>(Stop);
        var trace = Guid.NewGuid().ToString("N");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/conversations/{opened!["conversation"]!["id"]}:requestExpert") { Content = JsonContent.Create(new JsonObject()) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string)opened["accessToken"]!);
        request.Headers.Add("traceparent", $"00-{trace}-{trace[..16]}-01");
        (await http.SendAsync(request, Stop)).EnsureSuccessStatusCode();

        string[] expected = ["process tickets/", "process routing/", "process surveys/", "process channels/"];
        for (var tries = 0; tries < 100 && !expected.All(prefix => collector.SpansOf(trace).Any(name => name.StartsWith(prefix, StringComparison.Ordinal))); tries++)
            await Task.Delay(100, Stop);
        var spans = collector.SpansOf(trace);
        Assert.All(expected, prefix => Assert.Contains(spans, name => name.StartsWith(prefix, StringComparison.Ordinal)));
        // The gateway's request, its gRPC call, and the service's side of it.
        Assert.True(spans.Count(name => name.StartsWith("POST", StringComparison.Ordinal)) >= 2, string.Join(", ", spans));
    }

    /// <summary>Takes OTLP over HTTP as a collector does and keeps the names of the spans by their trace.</summary>
    private sealed class FakeCollector : IAsyncDisposable
    {
        private readonly WebApplication app;
        private readonly ConcurrentBag<(string Trace, string Name)> spans = [];

        private FakeCollector(WebApplication app) => this.app = app;

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
            app.MapPost("/v1/metrics", () => { });
            await app.StartAsync(Stop);
            return collector;
        }

        public List<string> SpansOf(string trace) => [.. spans.Where(span => span.Trace == trace).Select(span => span.Name)];

        public async ValueTask DisposeAsync() => await app.DisposeAsync();

        // ExportTraceServiceRequest.resource_spans(1).scope_spans(2).spans(2): trace_id(1), name(5).
        private void Read(byte[] request)
        {
            foreach (var span in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
            {
                spans.Add((Convert.ToHexStringLower(Fields(span, 1).Single()), System.Text.Encoding.UTF8.GetString(Fields(span, 5).Single())));
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
}
