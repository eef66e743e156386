using System.Collections.Concurrent;
using System.Threading.Channels;
using Relais.Routing.Domain;

namespace Relais.Routing.Shards;

/// <summary>The engines in memory, one per tenant.</summary>
internal sealed class ShardTable(RoutingOptions options, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<string, ShardSlot> _slots = new(StringComparer.Ordinal);
    private readonly Channel<string> _due = Channel.CreateUnbounded<string>();

    public RoutingPolicy Policy { get; } = options.ToPolicy();

    /// <summary>Tenants for which a moment has come at which time alone changes something.</summary>
    public ChannelReader<string> Due => _due.Reader;

    /// <summary>Waits for the tenant's turn; whoever gets it gives it back with <see cref="ShardSlot.Leave"/>.</summary>
    public async Task<ShardSlot> EnterAsync(string tenant, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(tenant, name => new ShardSlot(name, _due.Writer, clock));
        await slot.EnterAsync(cancellationToken);
        return slot;
    }

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Dispose();
    }
}

/// <summary>A tenant's engine, the turn that one writer at a time holds, and an alarm.</summary>
internal sealed class ShardSlot : IDisposable
{
    // A timer counts at most 49 days; ringing early only asks the engine again.
    private static readonly TimeSpan LongestAlarm = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ITimer _alarm;
    private readonly TimeProvider _clock;

    public ShardSlot(string tenant, ChannelWriter<string> due, TimeProvider clock)
    {
        _clock = clock;
        _alarm = clock.CreateTimer(_ => due.TryWrite(tenant), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Null before it is read from the database, and after a transaction failed.</summary>
    public MatchingEngine? Engine { get; set; }

    public Task EnterAsync(CancellationToken cancellationToken) => _turn.WaitAsync(cancellationToken);

    /// <param name="clean">Whether memory is what the database holds; if not, the engine is read anew.</param>
    public void Leave(bool clean)
    {
        if (!clean)
            Engine = null;
        var wait = Engine is null ? (clean ? null : RetryDelay) : Engine.NextDue() - _clock.GetUtcNow();
        _alarm.Change(
            wait is not { } time ? Timeout.InfiniteTimeSpan : time < TimeSpan.Zero ? TimeSpan.Zero : time < LongestAlarm ? time : LongestAlarm,
            Timeout.InfiniteTimeSpan);
        _turn.Release();
    }

    public void Dispose()
    {
        _alarm.Dispose();
        _turn.Dispose();
    }
}
