using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>What an OpenTelemetry collector and a reader of <c>/metrics</c> see of the main job.</summary>
public abstract class Traces(OwnPlatform platform) : OwnPlatformSuite(platform)
{
    [Fact]
    public async Task One_trace_shows_a_matter_from_the_first_message_to_the_answered_survey()
    {
        var (platform, collector) = (Platform.Process, Platform.Collector);
        using var http = new HttpClient { BaseAddress = platform.Address };
        var accounts = platform.Accounts();
        var account = accounts["accounts"]!.AsArray().Single(entry => ((string)entry!["email"]!).StartsWith("yanis", StringComparison.Ordinal))!;
        var (_, session) = await SendAsync(HttpMethod.Post, "/v1/sessions", null, new JsonObject
        {
            ["tenant"] = (string)accounts["tenant"]!, ["email"] = (string)account["email"]!, ["password"] = (string)account["password"]!,
        });
        var expert = (string)session["accessToken"]!;
        await SendAsync(HttpMethod.Put, "/v1/experts/me/presence", expert, new JsonObject { ["state"] = "AVAILABLE" });
        var (_, opened) = await SendAsync(HttpMethod.Post, "/v1/conversations", null, new JsonObject
        {
            ["channel"] = "web_chat", ["locale"] = "en", ["customer"] = new JsonObject { ["displayName"] = "Sam" },
        });
        var (customer, conversation) = ((string)opened["accessToken"]!, $"/v1/conversations/{opened["conversation"]!["id"]}");

        var (matter, _) = await SendAsync(HttpMethod.Post, $"{conversation}/messages", customer, new JsonObject { ["text"] = "What does a red light on my router mean?" });
        await ReadUntilAsync(message => (string)message["author"]! == "ASSISTANT");
        var (asking, asked) = await SendAsync(HttpMethod.Post, $"{conversation}:requestExpert", customer, new JsonObject { ["reason"] = "It is still red" });
        var offer = await OfferOfAsync((string)asked["ticketId"]!);
        var (accepting, _) = await SendAsync(HttpMethod.Post, $"/v1/offers/{offer["id"]}:accept", expert, []);
        var (replying, _) = await SendAsync(HttpMethod.Post, $"/v1/tickets/{asked["ticketId"]}/replies", expert, new JsonObject { ["text"] = "I have restarted your line." });
        await ReadUntilAsync(message => (string)message["author"]! == "EXPERT");
        var (resolving, _) = await SendAsync(HttpMethod.Post, $"/v1/tickets/{asked["ticketId"]}:resolve", expert, new JsonObject { ["summary"] = "Line restarted" });
        var survey = (await ReadUntilAsync(message => message["survey"] is not null))["survey"]!;
        var (answering, _) = await SendAsync(HttpMethod.Post, $"/v1/surveys/{survey["id"]}:answer", null, new JsonObject { ["token"] = (string)survey["token"]!, ["score"] = 5 });
        await SendAsync(HttpMethod.Put, "/v1/experts/me/presence", expert, new JsonObject { ["state"] = "OFFLINE" });

        string[] steps =
        [
            "POST /v1/conversations/{conversation_id}/messages", "create relais.channels.customer-message-received.v1",
            "process channels/AnswerCustomerMessage", "create relais.channels.assistant-replied.v1",
            "create relais.channels.expert-requested.v1", "process tickets/OpenTicketOnExpertRequested",
            "create relais.tickets.ticket-opened.v1", "process routing/QueueOpenedTicket", "create relais.routing.offer-made.v1",
            "create relais.routing.offer-accepted.v1", "process tickets/AssignOnOfferAccepted", "create relais.tickets.ticket-assigned.v1",
            "create relais.tickets.ticket-replied.v1", "process channels/CarryReply",
            "create relais.tickets.ticket-resolved.v1", "process routing/ReleaseResolvedTicket",
            "process surveys/SendSurveyOnTicketResolved", "create relais.surveys.survey-sent.v1", "process channels/CarrySurvey",
            "create relais.surveys.survey-answered.v1",
        ];
        string[] requests = [asking, accepting, replying, resolving, answering];
        for (var tries = 0; tries < 300 && !IsThere(); tries++)
            await Task.Delay(100, Stop);
        var spans = collector.SpansOf(matter);
        Assert.Empty(steps.Except(spans));
        // The gateway's request, its gRPC call, and the service's side of it.
        Assert.True(spans.Count(name => name.StartsWith("POST", StringComparison.Ordinal)) >= 2, string.Join(", ", spans));
        Assert.Empty(requests.Except(collector.LinksOf(matter)));
        Assert.All(requests, request => Assert.Equal([matter], collector.LinksOf(request)));

        bool IsThere() => !steps.Except(collector.SpansOf(matter)).Any() && !requests.Except(collector.LinksOf(matter)).Any()
            && requests.All(request => collector.LinksOf(request).Count > 0);

        // Each request in a trace of its own.
        async Task<(string Trace, JsonObject Answer)> SendAsync(HttpMethod method, string path, string? token, JsonObject? body)
        {
            var trace = Guid.NewGuid().ToString("N");
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("traceparent", $"00-{trace}-{trace[..16]}-01");
            var response = (await http.SendAsync(request, Stop)).EnsureSuccessStatusCode();
            return (trace, (await response.Content.ReadFromJsonAsync<JsonObject>(Stop))!);
        }

        // What another test left waiting is offered first.
        async Task<JsonNode> OfferOfAsync(string ticketId)
        {
            while (true)
            {
                var first = (await SendAsync(HttpMethod.Get, "/v1/offers?expert=me&waitSeconds=30", expert, null)).Answer["offers"]![0]!;
                if ((string)first["ticketId"]! == ticketId)
                    return first;
                await SendAsync(HttpMethod.Post, $"/v1/offers/{first["id"]}:decline", expert, []);
            }
        }

        async Task<JsonObject> ReadUntilAsync(Predicate<JsonObject> isIt)
        {
            for (var after = 0; ;)
            {
                var (_, read) = await SendAsync(HttpMethod.Get, $"{conversation}/messages?afterSequence={after}&waitSeconds=20", customer, null);
                var messages = read["messages"]!.AsArray();
                Assert.NotEmpty(messages);
                if (messages.FirstOrDefault(message => isIt(message!.AsObject())) is { } found)
                    return found.AsObject();
                after = (int)messages[^1]!["sequence"]!;
            }
        }
    }
}

[Collection<EmbeddedOwnPlatform>]
public sealed class EmbeddedTraces(EmbeddedOwnPlatform platform) : Traces(platform)
{
    [Fact]
    public async Task One_trace_follows_a_matter_that_begins_with_asking_for_a_person()
    {
        using var http = new HttpClient { BaseAddress = Platform.Process.Address };
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
        for (var tries = 0; tries < 300 && !expected.All(prefix => Platform.Collector.SpansOf(trace).Any(name => name.StartsWith(prefix, StringComparison.Ordinal))); tries++)
            await Task.Delay(100, Stop);
        var spans = Platform.Collector.SpansOf(trace);
        Assert.All(expected, prefix => Assert.Contains(spans, name => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Metrics_of_the_main_job_reach_the_collector_and_stand_on_the_page()
    {
        using var http = new HttpClient { BaseAddress = Platform.Process.Address };
        var before = await MessagesCountedAsync();
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
        for (var tries = 0; tries < 200 && !Platform.Collector.Metrics.IsSupersetOf(expected); tries++)
            await Task.Delay(100, Stop);
        Assert.Empty(expected.Except(Platform.Collector.Metrics));
        Assert.Equal(before + 1, await MessagesCountedAsync());
        Assert.Contains("\nrelais_channels_hand_overs_total{", await PageAsync(), StringComparison.Ordinal);

        Task<string> PageAsync() => http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop);

        async Task<int> MessagesCountedAsync()
        {
            const string Series = "rpc_server_call_duration_seconds_count{rpc_method=\"relais.channels.v1.Conversations/CreateMessage\",rpc_response_status_code=\"OK\"} ";
            var line = (await PageAsync()).Split('\n').SingleOrDefault(line => line.StartsWith(Series, StringComparison.Ordinal));
            return line is null ? 0 : int.Parse(line[Series.Length..], CultureInfo.InvariantCulture);
        }
    }
}

[Collection<LocalOwnPlatform>]
public sealed class LocalTraces(LocalOwnPlatform platform) : Traces(platform);
