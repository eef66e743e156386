using System.Diagnostics;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>What the local mode's processes do when one of them ends.</summary>
[Collection<LocalPlatform>]
public sealed class Replicas(LocalPlatform local) : ModeSuite(local)
{
    [Fact]
    public async Task Target_that_is_killed_is_started_again_and_nobody_is_refused_meanwhile()
    {
        var platform = Platform.Process;
        using var customer = await OpenAsync(Platform.Anonymous);
        var victims = platform.Processes().Where(process => process.Target is "channels" or "identity" && process.Replica == 1).ToList();
        foreach (var victim in victims)
            await victim.SignalAsync("KILL");
        for (var i = 0; i < 20; i++)
        {
            await customer.PostAsync(customer.Path, new JsonObject { ["text"] = "How do I read my bill?", ["requestId"] = Guid.NewGuid().ToString() }, Stop);
            await customer.GetAsync(customer.Path, Stop);
        }

        using var http = new HttpClient();
        foreach (var victim in victims)
        {
            await UntilAsync(() => platform.Processes().Any(process => process.Name == victim.Name && process.ProcessId != victim.ProcessId));
            await UntilReadyAsync(http, victim.Http);
        }

        Assert.Equal(2, victims.Count);
        Assert.Contains("channels/1", platform.Output, StringComparison.Ordinal);
        Assert.Contains("ended with code 137", platform.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_replica_that_drains_answers_its_long_polls_and_the_next_request_finds_another()
    {
        var platform = Platform.Process;
        // So many that each replica has some.
        List<PublicApi> connections = [.. Enumerable.Range(0, 16).Select(_ => new PublicApi(platform.Address))];
        using var customer = await OpenAsync(connections[0]);
        // A connection stays with its replica. One that is only made while its replica ends would wait at the other.
        await Task.WhenAll(connections.Select(connection => connection.As(customer.Token).GetAsync(customer.Path, Stop)));
        var waiting = connections.Select(connection => connection.As(customer.Token).GetAsync(customer.Path + "?waitSeconds=30", Stop)).ToList();
        await Task.Delay(500, Stop);
        var began = Stopwatch.GetTimestamp();
        await platform.Processes().First(process => process.Target == "gateway").SignalAsync("TERM");
        // Those of the replica that ends are answered at once, as if their time were over.
        Assert.Empty((await (await Task.WhenAny(waiting)))["messages"]!.AsArray());
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
        foreach (var connection in connections)
            await connection.As(customer.Token).GetAsync(customer.Path, Stop);
        // The others wait on, and are woken by what comes.
        await customer.PostAsync(customer.Path, new JsonObject { ["text"] = "Are you there?", ["requestId"] = Guid.NewGuid().ToString() }, Stop);
        var woken = (await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10), Stop))
            .Select(answer => answer["messages"]!.AsArray()).Where(messages => messages.Count > 0).ToList();
        Assert.NotEmpty(woken);
        Assert.All(woken, messages => Assert.Equal("Are you there?", (string)messages[0]!["text"]!));
        connections.ForEach(connection => connection.Dispose());
    }

    private static async Task<Conversation> OpenAsync(PublicApi anonymous)
    {
        var opened = await anonymous.PostAsync("/v1/conversations", JsonNode.Parse("""{"channel":"web_chat","locale":"en","customer":{"displayName":"Kim"}}""")!.AsObject(), Stop);
        return new Conversation(anonymous, (string)opened["accessToken"]!, $"/v1/conversations/{opened["conversation"]!["id"]}/messages");
    }

    private static async Task UntilReadyAsync(HttpClient http, Uri replica)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(replica, "/health/ready"), Stop);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(100, Stop);
        }

        Assert.Fail($"{replica} was not ready within a minute.");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (condition())
                return;
            await Task.Delay(100, Stop);
        }

        Assert.Fail("It did not come about within a minute.");
    }

    private sealed class Conversation(PublicApi anonymous, string token, string path) : IDisposable
    {
        private readonly PublicApi api = anonymous.As(token);

        public string Token => token;

        public string Path => path;

        public Task<JsonObject> GetAsync(string at, CancellationToken cancellationToken) => api.GetAsync(at, cancellationToken);

        public Task<JsonObject> PostAsync(string at, JsonObject body, CancellationToken cancellationToken) => api.PostAsync(at, body, cancellationToken);

        public void Dispose() => api.Dispose();
    }
}
