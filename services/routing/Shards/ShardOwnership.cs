using System.Collections.Concurrent;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Routing.Data;

namespace Relais.Routing.Shards;

/// <summary>
/// Which replica decides for a tenant: the one with the lease of the tenant's shard, whose token the database checks in
/// each transaction. Where one process uses the database alone there is no lease and nothing to ask.
/// </summary>
internal sealed class ShardOwnership(
    Leases<RoutingDb> leases, BulkWrites<RoutingDb> bulk, Func<RoutingDb> open, TargetIdentity target, ISignals signals,
    IHostApplicationLifetime lifetime, TimeProvider clock)
{
    public const string LeaseName = "shard";

    /// <summary>Raised when a shard has found or lost its owner.</summary>
    public const string Topic = "shards";

    // Longer than a lease and the reading of a large shard take; shorter than a call's deadline of 5 s.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4.5);
    // An owner that is no more may still say that it did nothing, or its address that nobody is there.
    private static readonly TimeSpan LastWord = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, ShardOwner> _others = new(StringComparer.Ordinal);

    public bool IsShared => bulk.IsSupported;

    /// <summary>Whether this replica may decide, as far as it knows.</summary>
    public bool Holds(ShardSlot slot) => !IsShared || slot.Lease is { IsHeld: true };

    /// <summary>Takes the shard, in its turn, where it is free.</summary>
    /// <exception cref="ShardElsewhereException">Another replica has it.</exception>
    public async Task EnsureAsync(ShardSlot slot, CancellationToken cancellationToken)
    {
        if (Holds(slot))
            return;
        slot.Lease = null;
        slot.Forget();
        if (_others.TryGetValue(slot.Tenant, out var known))
            throw new ShardElsewhereException(slot.Tenant, known);
        if (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await target.Address.WaitAsync(cancellationToken);
            slot.Lease = await leases.TryAcquireAsync(slot.Tenant, LeaseName, cancellationToken);
        }

        if (slot.Lease is not null)
        {
            signals.Raise(Topic);
            return;
        }

        throw new ShardElsewhereException(slot.Tenant, await leases.FindAsync(slot.Tenant, LeaseName, cancellationToken) is { } holder ? Learn(slot.Tenant, holder) : null);
    }

    /// <summary>Lets the transaction commit only while the shard is this replica's.</summary>
    /// <exception cref="LeaseLostException">It is another's by now.</exception>
    public Task GuardAsync(RoutingDb db, ShardSlot slot, CancellationToken cancellationToken) =>
        slot.Lease is { } lease ? leases.GuardAsync(db, lease, cancellationToken) : Task.CompletedTask;

    /// <inheritdoc cref="GuardAsync"/>
    public void Guard(BulkTransaction<RoutingDb> transaction, ShardSlot slot)
    {
        if (slot.Lease is { } lease)
            leases.Guard(transaction, lease);
    }

    public async Task GiveBackAsync(ShardSlot slot)
    {
        slot.Forget();
        if (slot.Lease is not { } lease)
            return;
        slot.Lease = null;
        await lease.DisposeAsync();
        signals.Raise(Topic);
    }

    /// <summary>Reads who owns what.</summary>
    /// <returns>The shards that nobody owns any more, and how long the next of the others still has.</returns>
    public async Task<(IReadOnlyList<string> Free, TimeSpan? Next)> LookAsync(CancellationToken cancellationToken)
    {
        await using var db = open();
        var rows = await db.Database.SqlQueryRaw<OwnerRow>(
            """
            SELECT "TenantId", "Owner", "Token", (extract(epoch FROM "ExpiresAt" - clock_timestamp()) * 1000)::double precision AS "Left"
            FROM leases WHERE "Name" = {0}
            """, LeaseName).ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            if (row.Left > 0 && row.Owner != leases.Owner)
                Learn(row.TenantId, new LeaseHolder(row.Owner, row.Token));
            else if (_others.TryRemove(row.TenantId, out var gone))
                gone.Dispose();
        }

        return (
            [.. rows.Where(row => row.Left <= 0).Select(row => row.TenantId)],
            rows.Where(row => row.Left > 0 && row.Owner != leases.Owner).Select(row => (TimeSpan?)TimeSpan.FromMilliseconds(row.Left)).Min());
    }

    /// <summary>
    /// Does work where its shard's owner is: here, or there by a call of <paramref name="there"/>; anew when the owner
    /// changes meanwhile, as long as it cannot have been done.
    /// </summary>
    /// <param name="there">Null for work that was passed on already.</param>
    /// <param name="isSafe">Whether doing it twice is doing it once, so that it is also begun anew where nobody knows.</param>
    public async Task<T> RunAsync<T>(
        Func<Task<T>> here, Func<Uri, CancellationToken, Task<T>>? there, bool isSafe, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            ShardElsewhereException elsewhere;
            try
            {
                return await here();
            }
            catch (ShardElsewhereException moved)
            {
                // The owner is asked below.
                elsewhere = moved;
            }

            if (there is not null && elsewhere.Owner is { Address: { } address } owner)
            {
                using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                using var left = owner.Left.Register(() => end.CancelAfter(isSafe ? TimeSpan.Zero : LastWord));
                try
                {
                    return await there(address, end.Token);
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested && MayHaveMoved(failure, owner))
                {
                    // Dead, stopped, or no longer the owner: who is, shows in a moment. It may have committed before that.
                    if (!isSafe && !WasNotDone(failure))
                        throw Unconfirmed.ToRpcException();
                }
            }

            if (there is null || clock.GetElapsedTime(began) > Patience)
                throw Moving.ToRpcException();
            if (elsewhere.Owner is { } gone && lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Nobody looks any more here who owns what; the next attempt does.
                _others.TryRemove(new KeyValuePair<string, ShardOwner>(elsewhere.Tenant, gone));
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private const string MovingCode = "shard.moving";

    private static Failure Moving { get; } = new(
        FailureKind.Unavailable, MovingCode, "Routing is being taken over by another replica, so nothing was done. Repeat it in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private static Failure Unconfirmed { get; } = new(
        FailureKind.Unavailable, "write.unconfirmed",
        "The replica that decides ended before it answered, so this may be done or not. Look before you repeat it; with a requestId it is repeated by itself and cannot happen twice.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    // Refused by who is no longer the owner, or never sent: the client tells of a socket itself only where none was connected.
    private static bool WasNotDone(Exception failure) => failure is RpcException refused
        && (FailureStatus.CodeOf(refused) == MovingCode
            || refused.Status.DebugException is SocketException or HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            });

    private static bool MayHaveMoved(Exception failure, ShardOwner owner) => failure switch
    {
        RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled } refused => FailureStatus.CodeOf(refused) is null or MovingCode,
        OperationCanceledException or RpcException { StatusCode: StatusCode.DeadlineExceeded } => owner.Left.IsCancellationRequested,
        _ => false,
    };

    private ShardOwner Learn(string tenant, LeaseHolder holder)
    {
        while (true)
        {
            if (!_others.TryGetValue(tenant, out var known))
            {
                var learned = new ShardOwner(holder.Token, holder.Address);
                if (_others.TryAdd(tenant, learned))
                    return learned;
            }
            else if (known.Token == holder.Token)
            {
                return known;
            }
            else if (_others.TryRemove(new KeyValuePair<string, ShardOwner>(tenant, known)))
            {
                known.Dispose();
            }
        }
    }

    private sealed record OwnerRow(string TenantId, string Owner, long Token, double Left);
}

/// <summary>A replica that owns a shard. Disposed when it does no more.</summary>
internal sealed class ShardOwner : IDisposable
{
    private readonly CancellationTokenSource _left = new();

    public ShardOwner(long token, Uri? address)
    {
        (Token, Address) = (token, address);
        Left = _left.Token;
    }

    public long Token { get; }

    /// <summary>Null where it took the shard before it could be reached.</summary>
    public Uri? Address { get; }

    /// <summary>Cancelled when it owns the shard no more.</summary>
    public CancellationToken Left { get; }

    public void Dispose()
    {
        _left.Cancel();
        _left.Dispose();
    }
}

/// <summary>Another replica decides for this tenant.</summary>
/// <param name="owner">Null where that is not known yet.</param>
internal sealed class ShardElsewhereException(string tenant, ShardOwner? owner) : Exception($"The shard of tenant {tenant} is another replica's.")
{
    public string Tenant => tenant;

    public ShardOwner? Owner => owner;
}
