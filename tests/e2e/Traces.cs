using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>What an OpenTelemetry collector and a reader of <c>/metrics</c> see of the main job.</summary>
public sealed class Traces
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("embedded")]
    [InlineData("local")]
    public async Task One_trace_follows_a_request_through_the_gateway_gRPC_and_events(string name)
    {
        var mode = new PlatformMode(name);
        if (mode.Missing is { } missing)
            Assert.Skip(missing);
        await using var collector = await FakeCollector.StartAsync();
        await using var platform = await PlatformProcess.StartAsync(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        }, mode);
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
        for (var tries = 0; tries < 300 && !expected.All(prefix => collector.SpansOf(trace).Any(name => name.StartsWith(prefix, StringComparison.Ordinal))); tries++)
            await Task.Delay(100, Stop);
        var spans = collector.SpansOf(trace);
        Assert.All(expected, prefix => Assert.Contains(spans, name => name.StartsWith(prefix, StringComparison.Ordinal)));
        // The gateway's request, its gRPC call, and the service's side of it.
        Assert.True(spans.Count(name => name.StartsWith("POST", StringComparison.Ordinal)) >= 2, string.Join(", ", spans));
    }

    [Fact]
    public async Task Metrics_of_the_main_job_reach_the_collector_and_stand_on_the_page()
    {
        await using var collector = await FakeCollector.StartAsync();
        await using var platform = await PlatformProcess.StartAsync(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        });
        using var http = new HttpClient { BaseAddress = platform.Address };
        var opened = await (await http.PostAsJsonAsync("/v1/conversations", new JsonObject
        {
            ["channel"] = "web_chat", ["locale"] = "fr", ["customer"] = new JsonObject { ["displayName"] = "Alix" },
        }, Stop)).Content.ReadFromJsonAsync<JsonObject>(Stop);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)opened!["accessToken"]!);
        (await http.PostAsJsonAsync($"/v1/conversations/{opened["conversation"]!["id"]}/messages", new JsonObject { ["text"] = "Comment lire mon compteur ?" }, Stop)).EnsureSuccessStatusCode();
        // The assistant looks up nothing any more once an expert is asked for.
        Assert.NotEmpty((await http.GetFromJsonAsync<JsonObject>($"/v1/conversations/{opened["conversation"]!["id"]}/messages?afterSequence=1&waitSeconds=20", Stop))!["messages"]!.AsArray());
        (await http.PostAsJsonAsync($"/v1/conversations/{opened["conversation"]!["id"]}:requestExpert", new JsonObject(), Stop)).EnsureSuccessStatusCode();

        string[] expected =
        [
            "rpc.server.call.duration", "http.server.request.duration", "relais.messaging.outbox_lag", "relais.messaging.outbox_waiting",
            "relais.channels.messages", "relais.channels.hand_overs", "relais.knowledge.questions", "relais.routing.unplaced",
            "dotnet.process.cpu.time", "dotnet.process.memory.working_set",
        ];
        for (var tries = 0; tries < 200 && !collector.Metrics.IsSupersetOf(expected); tries++)
            await Task.Delay(100, Stop);
        Assert.Empty(expected.Except(collector.Metrics));
        var page = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop);
        Assert.Contains("rpc_server_call_duration_seconds_count{rpc_method=\"relais.channels.v1.Conversations/CreateMessage\",rpc_response_status_code=\"OK\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nrelais_channels_hand_overs_total{", page, StringComparison.Ordinal);
    }
}
