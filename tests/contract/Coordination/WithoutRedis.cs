using System.Diagnostics;
using Relais.AppHost.Local;
using Relais.Common.Coordination;
using Relais.Contract.Hosting;

namespace Relais.Contract.Coordination;

/// <summary>Redis away, hanging, emptied, back: nothing stops, no lease has two owners, and it heals by itself.</summary>
[Collection(Undisturbed.Collection)]
public sealed class WithoutRedis : IAsyncLifetime
{
    private const string Tenant = "acme";
    private static readonly RateLimit Limit = new(1, TimeSpan.FromMinutes(1));

    private readonly string folder = Directory.CreateTempSubdirectory("relais-redis-").FullName;
    private RedisServer redis = null!;
    private Replica first = null!;
    private Replica second = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.HowToInstall);
        var database = await Postgres.NewDatabaseAsync();
        redis = await RedisServer.StartAsync(folder, Stop);
        // Replicas start before their Redis does.
        await redis.StopAsync(Stop);
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = redis.ConnectionString,
            ["ConnectionStrings:marks"] = database,
            ["Coordination:LeaseDuration"] = "00:00:03",
            ["Coordination:RecheckAlone"] = "00:00:00.3",
        };
        first = await Replica.StartAsync(settings);
        second = await Replica.StartAsync(settings);
        Assert.False(first.IsLinked);
        await redis.StartAgainAsync(Stop);
        await HealedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in new[] { first, second })
        {
            if (replica is not null)
                await replica.DisposeAsync();
        }

        if (redis is not null)
            await redis.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Killed_redis_delays_signals_and_hinders_nobody_and_heals()
    {
        await redis.KillAsync(Stop);
        await WorksAloneAsync();
        await redis.StartAgainAsync(Stop);
        await HealedAsync();
    }

    [Fact]
    public async Task Redis_that_hangs_delays_signals_and_hinders_nobody_and_heals()
    {
        await SignalAsync("STOP");
        try
        {
            await CoordinationSuite.UntilAsync(() => !first.IsLinked && !second.IsLinked, "the replicas notice");
            await WorksAloneAsync();
        }
        finally
        {
            await SignalAsync("CONT");
        }

        await HealedAsync();
    }

    [Fact]
    public async Task Emptied_redis_gives_no_lease_to_two_and_rates_begin_anew()
    {
        await using var lease = await first.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        Assert.True((await first.Rates.TakeAsync("client", Limit, Stop)).IsAllowed);
        Assert.False((await second.Rates.TakeAsync("client", Limit, Stop)).IsAllowed);
        Assert.Equal("+OK", await redis.SayAsync("FLUSHALL", Stop));
        Assert.Null(await second.Leases.TryAcquireAsync(Tenant, "shard", Stop));
        await first.WriteAsync(lease!, "still its own");
        Assert.True((await second.Rates.TakeAsync("client", Limit, Stop)).IsAllowed);
    }

    [Fact]
    public async Task Severed_connections_heal()
    {
        foreach (var kind in new[] { "normal", "pubsub" })
        {
            Assert.NotNull(await redis.SayAsync($"CLIENT KILL TYPE {kind} SKIPME yes", Stop));
            await HealedAsync();
        }
    }

    private async Task WorksAloneAsync()
    {
        await using var lease = await first.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        Assert.Null(await second.Leases.TryAcquireAsync(Tenant, "shard", Stop));
        await first.WriteAsync(lease!, "alone");

        var stored = 0;
        var poll = second.LongPoll.ReadAsync("topic", TimeSpan.FromSeconds(20), _ => Task.FromResult(stored), value => value > 0, Stop);
        await Task.Delay(50, Stop);
        var began = Stopwatch.GetTimestamp();
        stored = 1;
        first.Signals.Raise("topic");
        Assert.Equal(1, await poll);
        // That Redis is away takes a second or two to notice; then it is looked every 0.3 s.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));

        await CoordinationSuite.UntilAsync(() => !first.IsLinked, "the replica notices");
        began = Stopwatch.GetTimestamp();
        var key = Guid.NewGuid().ToString();
        Assert.True((await first.Rates.TakeAsync(key, Limit, Stop)).IsAllowed);
        Assert.False((await first.Rates.TakeAsync(key, Limit, Stop)).IsAllowed);
        await first.Cache.SetAsync(key, "value", TimeSpan.FromMinutes(1), Stop);
        Assert.Null(await first.Cache.GetAsync(key, Stop));
        // Once it is known to be away nobody waits for it: four times RedisTimeout would be 2 s.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1.9));
    }

    // Both ways, and all that goes over it.
    private async Task HealedAsync()
    {
        using var there = second.Signals.Watch("healed");
        await CoordinationSuite.UntilAsync(
            async () =>
            {
                first.Signals.Raise("healed");
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
                try
                {
                    await there.WaitAsync(soon.Token);
                    var key = Guid.NewGuid().ToString();
                    return (await first.Rates.TakeAsync(key, Limit, Stop)).IsAllowed && !(await second.Rates.TakeAsync(key, Limit, Stop)).IsAllowed;
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            },
            "signals and limits pass between the replicas again");
    }

    private async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, redis.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Stop);
    }
}
