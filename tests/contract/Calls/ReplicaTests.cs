using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Relais.AppHost.Local;
using Relais.Common.Calls;
using Relais.Common.Hosting;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Identity.V1;
using ConversationsClient = Relais.Contracts.Channels.V1.Conversations.ConversationsClient;
using IdentityClient = Relais.Contracts.Identity.V1.Identity.IdentityClient;

namespace Relais.Contract.Calls;

/// <summary>Calls to a target with several replicas, some of which are not well.</summary>
[Collection(Undisturbed.Collection)]
public sealed class ReplicaTests
{
    /// <summary>Only who is not there is avoided, however busy the machine.</summary>
    private static readonly CallsOptions Patient = new() { ProbeTimeout = TimeSpan.FromSeconds(2) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_go_to_the_replicas_in_turn()
    {
        await using var pair = await PairAsync(Patient);
        var client = new ConversationsClient(pair.Addresses.ChannelOf("channels"));
        for (var i = 0; i < 10; i++)
            await ReadAsync(client);
        Assert.Equal((5, 5), (pair.First.Does.Calls, pair.Second.Does.Calls));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connection_that_breaks_repeats_only_a_call_that_carries_a_request_id(bool hasRequestId)
    {
        await using var pair = await PairAsync();
        pair.First.Does.Breaks = pair.Second.Does.Breaks = true;
        var client = new ConversationsClient(pair.Addresses.ChannelOf("channels"));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.CreateMessageAsync(
            new CreateMessageRequest { Text = "x", RequestId = hasRequestId ? "r" : "" }, deadline: DateTime.UtcNow.AddSeconds(5), cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal(hasRequestId ? 4 : 1, pair.First.Does.Calls + pair.Second.Does.Calls);
    }

    [Fact]
    public async Task Replica_that_refuses_everybody_is_asked_no_more_until_it_serves_again()
    {
        await using var pair = await PairAsync();
        pair.First.Does.Refuses = true;
        pair.First.Does.IsServing = false;
        var client = new ConversationsClient(pair.Addresses.ChannelOf("channels"));
        for (var i = 0; i < 20; i++)
            await ReadAsync(client);
        // After three refusals; sooner when it was slow, so that its health was asked for.
        var refused = pair.First.Does.Calls;
        Assert.InRange(refused, 1, 3);
        pair.First.Does.Refuses = false;
        pair.First.Does.IsServing = true;
        await UntilAsync(async () =>
        {
            await ReadAsync(client);
            return pair.First.Does.Calls > refused;
        });
    }

    [Fact]
    public async Task Replica_that_says_goodbye_before_it_answered_was_unavailable()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var goodbyes = SayGoodbyeAsync(listener);
        using var addresses = Addresses(new CallsOptions(), [$"http://{listener.LocalEndpoint}"]);
        var client = new ConversationsClient(addresses.ChannelOf("channels"));
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.CreateMessageAsync(
            new CreateMessageRequest { Text = "x" }, deadline: DateTime.UtcNow.AddSeconds(5), cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => goodbyes);
    }

    // HTTP/2 by hand: settings; then, in place of an answer, GOAWAY that names the request as taken, and the end.
    private static async Task SayGoodbyeAsync(System.Net.Sockets.TcpListener listener)
    {
        const byte headers = 1;
        while (true)
        {
            using var connection = await listener.AcceptTcpClientAsync(Cancel);
            await using var stream = connection.GetStream();
            await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length], Cancel);
            await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, Cancel);
            var frame = new byte[9];
            do
            {
                await stream.ReadExactlyAsync(frame, Cancel);
                await stream.ReadExactlyAsync(new byte[(frame[0] << 16) | (frame[1] << 8) | frame[2]], Cancel);
            }
            while (frame[3] != headers);

            await stream.WriteAsync((byte[])[0, 0, 8, 7, 0, 0, 0, 0, 0, .. frame[5..9], 0, 0, 0, 0], Cancel);
        }
    }

    [Fact]
    public async Task Nobody_who_answers_for_long_makes_calls_fail_at_once()
    {
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var addresses = Addresses(new CallsOptions { OpenAfter = TimeSpan.FromMilliseconds(500) }, [$"http://{silent.LocalEndpoint}"]);
        var client = new ConversationsClient(addresses.ChannelOf("channels"));
        await UntilAsync(async () =>
        {
            var began = Stopwatch.GetTimestamp();
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await ReadAsync(client, TimeSpan.FromSeconds(1)));
            return failure.StatusCode == StatusCode.Unavailable && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMilliseconds(300);
        });
    }

    [Fact]
    public async Task Name_that_stands_for_other_addresses_is_followed()
    {
        var port = LoopbackPorts.Next();
        await using var first = await LocalReplica.StartAsync(new IPEndPoint(IPAddress.Parse("127.0.0.1"), port));
        await using var second = await LocalReplica.StartAsync(new IPEndPoint(IPAddress.Parse("127.0.0.2"), port));
        IPAddress[] behind = [IPAddress.Parse("127.0.0.1")];
        using var replicas = new ReplicaSet(
            "channels", [ReplicaSet.Parse(string.Create(CultureInfo.InvariantCulture, $"dns:///channels.example:{port}"))], new ListenOptions(),
            new CallsOptions { LookupInterval = TimeSpan.FromMilliseconds(100) },
            (name, _) => name == "channels.example" && behind.Length > 0 ? Task.FromResult(behind) : throw new System.Net.Sockets.SocketException(),
            TimeProvider.System, NullLogger.Instance);
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(replicas.Virtual, new Grpc.Net.Client.GrpcChannelOptions { HttpHandler = new ReplicaHandler(replicas) });
        var client = new ConversationsClient(channel);
        await ReadAsync(client);
        Assert.Equal((1, 0), (first.Does.Calls, second.Does.Calls));

        behind = [IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.2")];
        await UntilAsync(async () =>
        {
            await ReadAsync(client);
            return second.Does.Calls > 0;
        });
        behind = [IPAddress.Parse("127.0.0.2")];
        await UntilAsync(async () =>
        {
            var before = first.Does.Calls;
            for (var i = 0; i < 4; i++)
                await ReadAsync(client);
            return first.Does.Calls == before;
        });
        // A name server that does not answer takes nobody away.
        behind = [];
        await Task.Delay(250, Cancel);
        await ReadAsync(client);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public async Task Replica_that_dies_or_hangs_under_load_fails_no_safe_call_and_comes_back(string signal)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("Signals are Unix's.");
        await using var first = await ReplicaProcess.StartAsync();
        await using var second = await ReplicaProcess.StartAsync();
        using var addresses = Addresses(Patient, [first.Grpc.ToString(), second.Grpc.ToString()], "identity");
        var client = new IdentityClient(addresses.ChannelOf("identity"));
        using var ejections = new Ejections("identity");
        using var sent = new SentRequests(first.Grpc);
        using var enough = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!enough.IsCancellationRequested)
            {
                await client.GetKeySetAsync(new GetKeySetRequest(), deadline: DateTime.UtcNow.AddSeconds(10), cancellationToken: Cancel);
                await Task.Delay(10, Cancel);
            }
        }).ToList();

        await Task.Delay(500, Cancel);
        await (signal == "KILL" ? first.KillAsync() : first.SignalAsync(signal));
        await UntilAsync(() => Task.FromResult(ejections.Count > 0));
        await Task.Delay(100, Cancel);
        var avoided = DateTime.UtcNow;
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        await enough.CancelAsync();
        await Task.WhenAll(load);
        Assert.Contains(sent.At, began => began < avoided);
        Assert.DoesNotContain(sent.At, began => began > avoided);

        await (signal == "KILL" ? first.StartAgainAsync() : first.SignalAsync("CONT"));
        await second.KillAsync();
        await UntilAsync(async () =>
        {
            try
            {
                await client.GetKeySetAsync(new GetKeySetRequest(), deadline: DateTime.UtcNow.AddSeconds(2), cancellationToken: Cancel);
                return true;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
    }

    private static async Task ReadAsync(ConversationsClient client, TimeSpan? timeout = null) => await client.GetConversationAsync(
        new GetConversationRequest { Id = "c" }, deadline: DateTime.UtcNow + (timeout ?? TimeSpan.FromSeconds(5)), cancellationToken: Cancel);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(25, Cancel);
        }

        Assert.Fail("It did not come about within 5 s.");
    }

    private static ServiceAddresses Addresses(CallsOptions options, string[] replicas, string target = "channels") => new(
        new ConfigurationBuilder().AddInMemoryCollection(replicas.Select((address, index) =>
            KeyValuePair.Create(string.Create(CultureInfo.InvariantCulture, $"services:{target}:grpc:{index}"), (string?)address))).Build(),
        new ListenOptions(), options, TimeProvider.System, NullLoggerFactory.Instance);

    private static IPEndPoint Loopback() => new(IPAddress.Loopback, LoopbackPorts.Next());

    private static async Task<Pair> PairAsync(CallsOptions? options = null)
    {
        var (one, two) = (Loopback(), Loopback());
        return new Pair(await LocalReplica.StartAsync(one), await LocalReplica.StartAsync(two), Addresses(options ?? new CallsOptions(), [$"http://{one}", $"http://{two}"]));
    }

    /// <summary>How often a replica of a target began to be avoided.</summary>
    private sealed class Ejections : IDisposable
    {
        private readonly MeterListener listener = new();
        private int count;

        public Ejections(string target)
        {
            listener.InstrumentPublished = (instrument, to) =>
            {
                if (instrument.Name == "relais.calls.ejections")
                    to.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                if (tags.Contains(KeyValuePair.Create("relais.target", (object?)target)))
                    Interlocked.Increment(ref count);
            });
            listener.Start();
        }

        public int Count => Volatile.Read(ref count);

        public void Dispose() => listener.Dispose();
    }

    /// <summary>When this process sent the requests to an address that have ended, but for questions after its health.</summary>
    private sealed class SentRequests : IDisposable
    {
        private readonly ConcurrentQueue<DateTime> at = new();
        private readonly ActivityListener listener;

        public SentRequests(Uri address)
        {
            listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "System.Net.Http",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = request =>
                {
                    if (request.GetTagItem("url.full") is string url && url.StartsWith(address.ToString(), StringComparison.Ordinal)
                        && !url.Contains("grpc.health", StringComparison.Ordinal))
                        at.Enqueue(request.StartTimeUtc);
                },
            };
            ActivitySource.AddActivityListener(listener);
        }

        public IReadOnlyCollection<DateTime> At => at;

        public void Dispose() => listener.Dispose();
    }

    private sealed record Pair(LocalReplica First, LocalReplica Second, ServiceAddresses Addresses) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Addresses.Dispose();
            await First.DisposeAsync();
            await Second.DisposeAsync();
        }
    }
}
