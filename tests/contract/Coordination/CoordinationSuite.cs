using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Coordination;

namespace Relais.Contract.Coordination;

/// <summary>
/// What replicas can rely on when they agree on something: leases with fencing, signals, rate windows, the cache. Each way
/// of running passes it: alone, and as replicas that share PostgreSQL and Redis.
/// </summary>
public abstract class CoordinationSuite : IAsyncLifetime
{
    internal const string Tenant = "acme";

    private readonly List<Replica> replicas = [];

    internal static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Two, or the same one twice where a service cannot have two.</summary>
    internal Replica First => replicas[0];

    internal Replica Second => replicas[^1];

    /// <summary>The configuration of each replica.</summary>
    protected abstract Task<IReadOnlyList<IReadOnlyDictionary<string, string?>>> SettingsAsync();

    public virtual async ValueTask InitializeAsync()
    {
        foreach (var settings in await SettingsAsync())
            replicas.Add(await Replica.StartAsync(settings));
        await UntilAsync(() => replicas.All(replica => replica.IsLinked), "the replicas are linked");
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var replica in replicas)
            await replica.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Lease_has_one_owner_until_it_is_given_back_and_tokens_grow()
    {
        var first = await First.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        Assert.NotNull(first);
        Assert.Null(await Second.Leases.TryAcquireAsync(Tenant, "shard", Stop));
        Assert.Equal(new LeaseHolder(First.Leases.Owner, first.Token), await Second.Leases.FindAsync(Tenant, "shard", Stop));
        await first.DisposeAsync();
        Assert.False(first.IsHeld);
        Assert.Null(await Second.Leases.FindAsync(Tenant, "shard", Stop));
        await using var second = await Second.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        Assert.True(second!.Token > first.Token);
    }

    [Fact]
    public async Task Lease_of_another_name_or_tenant_is_another_one()
    {
        await using var first = await First.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        await using var other = await Second.Leases.TryAcquireAsync(Tenant, "other", Stop);
        await using var theirs = await Second.Leases.TryAcquireAsync("globex", "shard", Stop);
        Assert.True(first!.IsHeld && other!.IsHeld && theirs!.IsHeld);
    }

    [Fact]
    public async Task Lease_is_renewed_for_as_long_as_its_owner_lives()
    {
        await using var lease = await First.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        await Task.Delay(TimeSpan.FromSeconds(4), Stop);
        Assert.True(lease!.IsHeld);
        Assert.Null(await Second.Leases.TryAcquireAsync(Tenant, "shard", Stop));
    }

    /// <summary>As when the connection breaks after the commit, or whoever asked gives up before the answer.</summary>
    [Fact]
    public async Task Lease_whose_taking_was_never_answered_runs_out_though_its_owner_renews_others()
    {
        await using var known = await First.Leases.TryAcquireAsync(Tenant, "known", Stop);
        await First.WriteAsync(db =>
        {
            db.Add(new LeaseRow { Name = "unknown", Token = 7, Owner = First.Leases.Owner, ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(2) });
            return Task.CompletedTask;
        });
        await using var taken = await Second.Leases.AcquireAsync(Tenant, "unknown", Stop).WaitAsync(TimeSpan.FromSeconds(15), Stop);
        Assert.Equal(8, taken.Token);
        Assert.True(known!.IsHeld);
    }

    [Fact]
    public async Task Lease_asked_for_by_many_at_once_goes_to_one()
    {
        var asked = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => (number % 2 == 0 ? First : Second).Leases.TryAcquireAsync(Tenant, "shard", Stop)));
        var lease = Assert.Single(asked, lease => lease is not null);
        Assert.Equal(1, lease!.Token);
    }

    [Fact]
    public async Task Lease_that_is_given_back_goes_to_who_waits_for_it()
    {
        var first = await First.Leases.AcquireAsync(Tenant, "shard", Stop);
        var waiting = Second.Leases.AcquireAsync(Tenant, "shard", Stop);
        await Task.Delay(50, Stop);
        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();
        await using var second = await waiting;
        Assert.Equal(first.Token + 1, second.Token);
    }

    [Fact]
    public async Task Lease_of_an_owner_that_died_passes_on_and_the_dead_can_write_no_more()
    {
        var lost = await First.Leases.TryAcquireAsync(Tenant, "shard", Stop);
        await First.WriteAsync(lost!, "first");
        First.Abandon();
        await using var next = await Second.Leases.AcquireAsync(Tenant, "shard", Stop);
        Assert.Equal(lost!.Token + 1, next.Token);
        Assert.False(lost.IsHeld);
        await UntilAsync(() => lost.Lost.IsCancellationRequested, "the owner hears that it lost");
        // It has not noticed, and goes on.
        await Assert.ThrowsAsync<LeaseLostException>(() => First.WriteAsync(lost, "too late"));
        await Second.WriteAsync(next, "second");
        await using var db = First.OpenDb();
        Assert.Equal(["first", "second"], await db.Marks.OrderBy(mark => mark.Id).Select(mark => mark.Text).ToListAsync(Stop));
    }

    [Fact]
    public async Task Signal_wakes_the_watchers_of_its_topic_on_every_replica()
    {
        using var here = First.Signals.Watch("conversation/1");
        using var there = Second.Signals.Watch("conversation/1");
        using var other = Second.Signals.Watch("conversation/2");
        First.Signals.Raise("conversation/1");
        await here.WaitAsync(Stop).WaitAsync(TimeSpan.FromSeconds(5), Stop);
        await there.WaitAsync(Stop).WaitAsync(TimeSpan.FromSeconds(5), Stop);
        Assert.False(other.WaitAsync(Stop).IsCompleted);
    }

    [Fact]
    public async Task Long_poll_on_one_replica_answers_when_another_commits()
    {
        var stored = 0;
        var poll = Second.LongPoll.ReadAsync("topic", TimeSpan.FromSeconds(20), _ => Task.FromResult(stored), value => value > 0, Stop);
        await Task.Delay(50, Stop);
        var began = Stopwatch.GetTimestamp();
        stored = 1;
        First.Signals.Raise("topic");
        Assert.Equal(1, await poll);
        // Without the signal it would look after 10 s.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task Rate_window_gives_its_permits_once_to_all_replicas_together()
    {
        var limit = new RateLimit(10, TimeSpan.FromMinutes(10));
        var key = Guid.NewGuid().ToString();
        var taken = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => (number % 2 == 0 ? First : Second).Rates.TakeAsync(key, limit, Stop).AsTask()));
        Assert.Equal(10, taken.Count(decision => decision.IsAllowed));
        Assert.Equal(Enumerable.Range(0, 10), taken.Where(decision => decision.IsAllowed).Select(decision => decision.Remaining).Order());
        Assert.All(taken.Where(decision => !decision.IsAllowed), refused => Assert.InRange(refused.RetryAfter, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60)));
        Assert.True((await First.Rates.TakeAsync(key + "2", limit, Stop)).IsAllowed);
    }

    [Fact]
    public async Task Rate_window_gives_permits_back_one_by_one()
    {
        var slow = new RateLimit(5, TimeSpan.FromMinutes(1));
        var key = Guid.NewGuid().ToString();
        for (var number = 0; number < 5; number++)
            Assert.True((await First.Rates.TakeAsync(key, slow, Stop)).IsAllowed);
        var refused = await Second.Rates.TakeAsync(key, slow, Stop);
        Assert.False(refused.IsAllowed);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(12));

        var quick = new RateLimit(5, TimeSpan.FromSeconds(5));
        key = Guid.NewGuid().ToString();
        do
            refused = await First.Rates.TakeAsync(key, quick, Stop);
        while (refused.IsAllowed);
        Assert.InRange(refused.RetryAfter, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));
        await Task.Delay(refused.RetryAfter + TimeSpan.FromMilliseconds(20), Stop);
        Assert.True((await Second.Rates.TakeAsync(key, quick, Stop)).IsAllowed);
    }

    [Fact]
    public async Task Cache_gives_what_was_kept_until_it_is_removed_or_old()
    {
        Assert.Null(await First.Cache.GetAsync("key", Stop));
        await First.Cache.SetAsync("key", "värde\n", TimeSpan.FromMinutes(1), Stop);
        Assert.Equal("värde\n", await Second.Cache.GetAsync("key", Stop));
        await Second.Cache.RemoveAsync("key", Stop);
        Assert.Null(await First.Cache.GetAsync("key", Stop));
        await First.Cache.SetAsync("key", "again", TimeSpan.FromMilliseconds(50), Stop);
        await UntilAsync(async () => await Second.Cache.GetAsync("key", Stop) is null, "it is old");
    }

    internal static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    internal static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"Not within 30 s: {what}.");
            await Task.Delay(20, Stop);
        }
    }
}
