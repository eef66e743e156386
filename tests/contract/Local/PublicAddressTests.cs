using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Relais.AppHost.Local;

namespace Relais.Contract.Local;

/// <summary>One address before several replicas.</summary>
public sealed class PublicAddressTests : IAsyncLifetime
{
    private readonly HttpClient looks = new(new SocketsHttpHandler { UseProxy = false });
    private readonly List<IAsyncDisposable> ends = [];
    private readonly IPEndPoint address = Loopback();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var end in Enumerable.Reverse(ends))
            await end.DisposeAsync();
        looks.Dispose();
    }

    [Fact]
    public async Task Connections_spread_over_the_replicas_and_stay_where_they_are()
    {
        Open([await StartAsync("one"), await StartAsync("two")]);
        using var first = Client();
        using var second = Client();
        var answers = new[] { await AskAsync(first), await AskAsync(second) };
        Assert.Equal(["one", "two"], answers.Order(StringComparer.Ordinal));
        Assert.Equal((answers[0], answers[1]), (await AskAsync(first), await AskAsync(second)));
    }

    [Fact]
    public async Task Replica_that_nobody_listens_at_or_that_drains_gets_no_connection()
    {
        var draining = await StartAsync("draining", isReady: false);
        var backends = Open([Loopback(), draining, await StartAsync("ready")]);
        await UntilAsync(() => !backends[0].Readiness.IsReady && !backends[1].Readiness.IsReady);
        // On a busy machine the good one may be late with its own health once.
        for (var (inARow, tries) = (0, 0); inARow < 6; tries++)
        {
            Assert.InRange(tries, 0, 100);
            using var client = Client();
            inARow = await AskAsync(client) == "ready" ? inARow + 1 : 0;
        }
    }

    [Fact]
    public async Task Large_bodies_pass_unchanged_in_both_directions()
    {
        Open([await StartAsync("one")]);
        using var client = Client();
        var sent = new byte[3_000_000];
        Random.Shared.NextBytes(sent);
        using var answer = await client.PostAsync("/echo", new ByteArrayContent(sent), Cancel);
        Assert.Equal(sent, await answer.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task Replica_that_accepts_and_never_answers_has_its_connections_cut()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        Open([(IPEndPoint)silent.LocalEndpoint]);
        using var client = Client();
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(client).WaitAsync(TimeSpan.FromSeconds(20), Cancel));
    }

    private List<PublicAddress.Backend> Open(List<IPEndPoint> replicas)
    {
        var backends = new List<PublicAddress.Backend>();
        foreach (var replica in replicas)
        {
            var readiness = new ReplicaReadiness(looks, new Uri($"http://{replica}"));
            ends.Add(readiness);
            backends.Add(new PublicAddress.Backend(replica, readiness));
        }

        ends.Add(PublicAddress.Open(address, backends));
        return backends;
    }

    private async Task<IPEndPoint> StartAsync(string name, bool isReady = true)
    {
        var at = Loopback();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(at));
        var app = builder.Build();
        app.MapGet("/", () => name);
        app.MapGet("/health/ready", () => isReady ? Results.Ok() : Results.StatusCode(503));
        app.MapPost("/echo", (HttpContext context) => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        await app.StartAsync(Cancel);
        ends.Add(app);
        return at;
    }

    private HttpClient Client() => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{address}") };

    private static Task<string> AskAsync(HttpClient client) => client.GetStringAsync(new Uri("/", UriKind.Relative), Cancel);

    private static IPEndPoint Loopback() => new(IPAddress.Loopback, LoopbackPorts.Next());

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if (condition())
                return;
            await Task.Delay(50, Cancel);
        }

        Assert.Fail("It did not come about within 10 s.");
    }
}
