using System.Collections.Concurrent;
using System.Threading.Channels;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Matching;

namespace Relais.Routing.Shards;

/// <summary>The shards in this process, one per tenant.</summary>
internal sealed class ShardTable(RoutingOptions options, ShardOwnership ownership, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentDictionary<string, ShardSlot> _slots = new(StringComparer.Ordinal);
    private readonly Channel<string> _due = Channel.CreateUnbounded<string>();

    public RoutingPolicy Policy { get; } = options.ToPolicy();

    /// <summary>Tenants for which a moment has come at which time alone changes something.</summary>
    public ChannelReader<string> Due => _due.Reader;

    public ShardSlot Of(string tenant) => _slots.GetOrAdd(tenant, name => new ShardSlot(name, _due.Writer, clock));

    /// <summary>
    /// How busy a tenant's engine has been, for questions that do not wait for their turn; null where there is none in this
    /// process.
    /// </summary>
    public IdleShare? IdleShareOf(string tenant, DateTimeOffset now)
    {
        if (!_slots.TryGetValue(tenant, out var slot) || slot.Engine is null)
            return null;
        // Its steps are tenths.
        var share = new IdleShare();
        share.Take(now, there: 10, idle: (int)Math.Round(10 * slot.IdleShare.Step));
        return share;
    }

    /// <summary>Waits for the tenant's turn; whoever gets it gives it back with <see cref="ShardSlot.Leave"/>.</summary>
    /// <exception cref="ShardElsewhereException">Another replica owns the shard.</exception>
    public async Task<ShardSlot> EnterAsync(string tenant, CancellationToken cancellationToken)
    {
        var slot = Of(tenant);
        await slot.EnterAsync(cancellationToken);
        try
        {
            await ownership.EnsureAsync(slot, cancellationToken);
            return slot;
        }
        catch
        {
            // There is nothing to be done here in this turn.
            slot.Leave(clean: true);
            throw;
        }
    }

    /// <summary>Hands every shard that this replica owns to whoever takes it next.</summary>
    public async Task GiveBackAsync()
    {
        foreach (var slot in _slots.Values)
        {
            await slot.EnterAsync(CancellationToken.None);
            try
            {
                await ownership.GiveBackAsync(slot);
            }
            finally
            {
                slot.Leave(clean: true);
            }
        }
    }

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Dispose();
    }
}

/// <summary>A tenant's engine, the turn that one writer at a time holds, the lease that lets it write, and an alarm.</summary>
internal sealed class ShardSlot : IDisposable
{
    // A timer counts at most 49 days; ringing early only asks the engine again.
    private static readonly TimeSpan LongestAlarm = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ITimer _alarm;
    private readonly TimeProvider _clock;
    private int _awaiting;

    public ShardSlot(string tenant, ChannelWriter<string> due, TimeProvider clock)
    {
        Tenant = tenant;
        _clock = clock;
        _alarm = clock.CreateTimer(_ => due.TryWrite(tenant), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Tenant { get; }

    /// <summary>
    /// Now, as fine as the databases store it, so that what is read back equals what was decided on. It outlives the engine:
    /// of a clock that is set back it stands still until that is caught up. For who has the turn.
    /// </summary>
    public DateTimeOffset Now
    {
        get
        {
            var now = ShardTurn.Stored(_clock.GetUtcNow());
            return field = now > field ? now : field;
        }
    }

    /// <summary>Null before it is read from the database, and after a transaction failed.</summary>
    public MatchingEngine? Engine { get; private set; }

    /// <summary>Why each live offer was made, as far as this engine made it.</summary>
    public Dictionary<Guid, Decision> Decisions { get; } = [];

    /// <summary>What lets this replica decide; null where it does not own the shard, and where no other replica could.</summary>
    public Lease? Lease
    {
        get;
        set
        {
            field = value;
            // Meanwhile another replica knows how busy it has been.
            if (value is null)
                IdleShare = new IdleShare();
        }
    }

    /// <summary>Outlives the engine, so that one that is read anew knows how busy it has been.</summary>
    public IdleShare IdleShare { get; private set; } = new();

    /// <summary>Inputs that wait to be decided on together.</summary>
    public Gathering<GroupedInput> Waiting { get; } = new();

    /// <summary>Whether somebody waits for the turn.</summary>
    public bool IsAwaited => Volatile.Read(ref _awaiting) > 0;

    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _awaiting);
        try
        {
            await _turn.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _awaiting);
        }
    }

    public void Keep(MatchingEngine engine) => Engine = engine;

    /// <summary>Forgets what is in memory; the next use reads it anew.</summary>
    public void Forget()
    {
        Engine = null;
        Decisions.Clear();
    }

    /// <summary>Takes note of the decisions behind live offers.</summary>
    public void Note(Reaction reaction)
    {
        foreach (var change in reaction.Changes)
        {
            if (change is Change.OfferMade made)
                Decisions[made.Offer.Id] = made.Decision;
            else if (change is Change.OfferSettled settled)
                Decisions.Remove(settled.Offer.Id);
        }
    }

    /// <param name="clean">Whether memory is what the database holds; if not, the engine is read anew.</param>
    public void Leave(bool clean)
    {
        if (!clean)
            Forget();
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
