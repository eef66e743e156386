using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.AppHost.Local;
using Relais.Common.Coordination;
using Relais.Contract.Hosting;
using Relais.Contract.Coordination;

[assembly: AssemblyFixture(typeof(Redis))]

namespace Relais.Contract.Coordination;

/// <summary>A Redis of the tests' own, started when the first test asks for it.</summary>
public sealed class Redis : IAsyncDisposable
{
    private readonly Lazy<Task<RedisServer>> server;
    private string? folder;

    public Redis() => server = new(() => RedisServer.StartAsync(folder = Directory.CreateTempSubdirectory("relais-redis-").FullName));

    /// <summary>A connection string; skips the test where Redis is not installed.</summary>
    public static async Task<string> ConnectAsync()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, RedisServer.HowToInstall);
        return (await (await TestContext.Current.GetFixture<Redis>())!.server.Value).ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        if (folder is null)
            return;
        await (await server.Value).DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

public sealed class InOneProcess : CoordinationSuite
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-coordination-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    protected override Task<IReadOnlyList<IReadOnlyDictionary<string, string?>>> SettingsAsync() => Task.FromResult<IReadOnlyList<IReadOnlyDictionary<string, string?>>>(
    [
        new Dictionary<string, string?> { ["ConnectionStrings:marks"] = $"Data Source={folder}/marks.db", ["Coordination:LeaseDuration"] = "00:00:03" },
    ]);
}

public sealed class OverRedis : CoordinationSuite
{
    protected override async Task<IReadOnlyList<IReadOnlyDictionary<string, string?>>> SettingsAsync()
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = await Redis.ConnectAsync(),
            ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync(),
            ["Coordination:LeaseDuration"] = "00:00:03",
        };
        return [settings, settings];
    }

    [Fact]
    public async Task Lease_that_is_given_back_is_heard_of_long_before_its_next_look()
    {
        var settings = new Dictionary<string, string?>((await SettingsAsync())[0])
        {
            ["Coordination:LeaseDuration"] = "00:08:00",
            ["Coordination:Recheck"] = "00:01:00",
        };
        await using var first = await Replica.StartAsync(settings);
        await using var second = await Replica.StartAsync(settings);
        await UntilAsync(() => first.IsLinked && second.IsLinked, "the replicas are linked");
        var lease = await first.Leases.AcquireAsync(Tenant, "shard", Stop);
        var waiting = second.Leases.AcquireAsync(Tenant, "shard", Stop);
        await Task.Delay(500, Stop);
        await lease.DisposeAsync();
        await using var next = await waiting.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        Assert.Equal(lease.Token + 1, next.Token);
    }

    [Fact]
    public async Task Guarded_write_holds_up_a_new_owner_but_no_renewal()
    {
        var lease = await First.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        Task<Lease> next = null!;
        await First.WriteAsync(lease!, "slow", async () =>
        {
            // Renewals went on meanwhile: the lease outlives its duration.
            await Task.Delay(TimeSpan.FromSeconds(4), Stop);
            Assert.True(lease!.IsHeld);
            First.Abandon();
            next = Second.Leases.AcquireAsync(Tenant, "shard", Stop);
            await UntilAsync(() => !lease.IsHeld, "the lease runs out");
            await Task.Delay(500, Stop);
            Assert.False(next.IsCompleted);
        });
        await using var taken = await next;
        Assert.Equal(lease!.Token + 1, taken.Token);
        await using var db = Second.OpenDb();
        Assert.Equal("slow", (await db.Marks.SingleAsync(Stop)).Text);
    }
}

/// <summary>Replicas that share PostgreSQL and have no Redis to wake each other with.</summary>
public sealed class OverPostgresAlone
{
    [Fact]
    public async Task Long_poll_on_one_replica_answers_soon_after_another_commits()
    {
        var stop = TestContext.Current.CancellationToken;
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:marks"] = await Postgres.NewDatabaseAsync() };
        await using var first = await Replica.StartAsync(settings);
        await using var second = await Replica.StartAsync(settings);
        await using var db = second.OpenDb();
        var poll = second.LongPoll.ReadAsync("topic", TimeSpan.FromSeconds(30), ct => db.Marks.CountAsync(ct), count => count > 0, stop);
        await Task.Delay(50, stop);
        var began = Stopwatch.GetTimestamp();
        await first.WriteAsync(other =>
        {
            other.Marks.Add(new Mark { Token = 1, Text = "there" });
            return Task.CompletedTask;
        });
        first.Signals.Raise("topic");
        Assert.Equal(1, await poll);
        // It looks every second; without that it would when the wait is over.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }
}
