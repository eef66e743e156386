using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;
using Relais.Common.Hosting;

namespace Relais.Common.Coordination;

/// <summary>
/// Leases with fencing tokens. Owner, token and expiry are a row of the service's own database, so that the loss of
/// anything else cannot give a lease to two; a write under a lease checks the token in its own transaction. Signals only
/// make a lease that was given back change hands at once.
/// </summary>
public sealed partial class Leases<TDb>(
    IServiceProvider services, WriteGate gate, ISignals signals, CoordinationOptions options, TargetIdentity target, TimeProvider clock, ILogger<Leases<TDb>> log)
    : BackgroundService
    where TDb : ServiceDb
{
    private readonly ConcurrentDictionary<(string TenantId, string Name), Lease> held = new();

    private readonly Lazy<string> owner = new(() => string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}@{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N} {target.KnownAddress}"));

    /// <summary>What this process calls itself; never the same again after a restart. Ends with its address where it listens.</summary>
    public string Owner => owner.Value;

    /// <summary>Takes the lease where it is free; null where somebody has it.</summary>
    /// <param name="tenantId">Whose it is; empty for the platform's own.</param>
    public async Task<Lease?> TryAcquireAsync(string tenantId, string name, CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<TDb>();
        var askedAt = clock.GetTimestamp();
        var sql = LeaseSql.Of(db);
        // Most who ask find it taken; looking first leaves the row alone.
        if (await IsTakenAsync(db, tenantId, name, cancellationToken))
            return null;
        List<long> tokens;
        using (await gate.EnterAsync(cancellationToken))
        {
            try
            {
                tokens = await db.Database.SqlQueryRaw<long>(
                    sql.Acquire, tenantId, name, Owner, options.LeaseDuration.TotalMicroseconds, Now()).ToListAsync(cancellationToken);
            }
            catch (Exception failure) when (DatabaseTroubles.Of(failure) == DatabaseTrouble.Race)
            {
                // Somebody made the row in the same moment; of its two unique indexes the statement minds only one.
                return null;
            }
        }

        if (tokens is not [var token])
            return null;
        var lease = new Lease(tenantId, name, token, askedAt, options.LeaseDuration, clock, GiveBackAsync);
        held[(tenantId, name)] = lease;
        LogAcquired(name, tenantId, token);
        return lease;
    }

    /// <summary>Takes the lease as soon as it is free.</summary>
    public async Task<Lease> AcquireAsync(string tenantId, string name, CancellationToken cancellationToken)
    {
        using var watch = signals.Watch(Topic(tenantId, name));
        while (true)
        {
            if (await TryAcquireAsync(tenantId, name, cancellationToken) is { } lease)
                return lease;
            // An owner that died says nothing; a quarter of the lease is as late as its end is noticed.
            using var look = new CancellationTokenSource(options.LeaseDuration / 4, clock);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, look.Token);
            try
            {
                await watch.WaitAsync(end.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Time to look.
            }
        }
    }

    /// <summary>Who has it now; null where nobody does.</summary>
    public async Task<LeaseHolder?> FindAsync(string tenantId, string name, CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<TDb>();
        var now = await NowAsync(db, cancellationToken);
        return await db.Set<LeaseRow>().IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.TenantId == tenantId && row.Name == name && row.ExpiresAt > now)
            .Select(row => new LeaseHolder(row.Owner, row.Token)).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>
    /// Makes the current transaction one that commits only under this lease: a new owner waits until it has ended, and where
    /// there is a new owner already it goes no further. Call it first in every unit of work.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease is somebody else's by now.</exception>
    public async Task GuardAsync(TDb db, Lease lease, CancellationToken cancellationToken)
    {
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException("A guard without a transaction guards nothing.");
        var tokens = await db.Database.SqlQueryRaw<long>(LeaseSql.Of(db).Guard, lease.TenantId, lease.Name, lease.Token).ToListAsync(cancellationToken);
        if (tokens.Count > 0)
            return;
        Drop(lease);
        throw new LeaseLostException(lease.Name);
    }

    /// <summary>The same for a transaction of bulk writes, with its other questions.</summary>
    public void Guard(BulkTransaction<TDb> transaction, Lease lease) => transaction.Require(
        string.Format(CultureInfo.InvariantCulture, LeaseSql.Of(transaction.Db).Guard, "$1", "$2", "$3"),
        () =>
        {
            Drop(lease);
            return new LeaseLostException(lease.Name);
        },
        lease.TenantId, lease.Name, lease.Token);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var lease in held.Values)
            await lease.DisposeAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LeaseDuration / 4, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await RenewAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains; what it holds is given back.
        }
    }

    private async Task RenewAsync(CancellationToken stop)
    {
        if (held.IsEmpty)
            return;
        var askedAt = clock.GetTimestamp();
        // Those that come in meanwhile are not in the answer, and not lost.
        var known = held.ToArray();
        try
        {
            await using var db = services.CreateUnscoped<TDb>();
            // By name: a row whose taking was committed and never answered is this process's too, and has to run out.
            var which = JsonSerializer.Serialize(known.Select(entry => new { entry.Value.TenantId, entry.Value.Name, entry.Value.Token }));
            List<LeaseRow> renewed;
            using (await gate.EnterAsync(stop))
            {
                renewed = await db.Set<LeaseRow>()
                    .FromSqlRaw(LeaseSql.Of(db).Renew, Owner, options.LeaseDuration.TotalMicroseconds, Now(), which)
                    .IgnoreQueryFilters().AsNoTracking().ToListAsync(stop);
            }

            var tokens = renewed.ToDictionary(row => (row.TenantId, row.Name), row => row.Token);
            foreach (var (key, lease) in known)
            {
                if (tokens.TryGetValue(key, out var token) && token == lease.Token && lease.IsHeld)
                    lease.Renew(askedAt, options.LeaseDuration);
                else
                    Drop(lease);
            }
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            // The database is away: leases run out here before they do there, and are taken again when it is back.
            LogNotRenewed(known.Length, failure);
        }
    }

    private async ValueTask GiveBackAsync(Lease lease)
    {
        held.TryRemove(new KeyValuePair<(string, string), Lease>((lease.TenantId, lease.Name), lease));
        try
        {
            await using var db = services.CreateUnscoped<TDb>();
            using (await gate.EnterAsync(CancellationToken.None))
                await db.Database.ExecuteSqlRawAsync(LeaseSql.Of(db).Release, [lease.TenantId, lease.Name, lease.Token, Now()], CancellationToken.None);
        }
        catch (Exception failure) when (DatabaseTroubles.Of(failure) == DatabaseTrouble.Away)
        {
            // It runs out by itself.
            LogNotRenewed(1, failure);
        }

        signals.Raise(Topic(lease.TenantId, lease.Name));
    }

    private void Drop(Lease lease)
    {
        held.TryRemove(new KeyValuePair<(string, string), Lease>((lease.TenantId, lease.Name), lease));
        lease.End();
        LogLost(lease.Name, lease.TenantId, lease.Token);
    }

    private async Task<bool> IsTakenAsync(TDb db, string tenantId, string name, CancellationToken cancellationToken)
    {
        var now = await NowAsync(db, cancellationToken);
        return await db.Set<LeaseRow>().IgnoreQueryFilters()
            .AnyAsync(row => row.TenantId == tenantId && row.Name == name && row.ExpiresAt > now, cancellationToken);
    }

    private async Task<DateTimeOffset> NowAsync(TDb db, CancellationToken cancellationToken) => db.Database.IsSqlite()
        ? clock.GetUtcNow()
        : (await db.Database.SqlQueryRaw<DateTimeOffset>("SELECT clock_timestamp() AS \"Value\"").ToListAsync(cancellationToken))[0];

    // SQLite's file has one process, whose clock is the database's.
    private long Now() => (clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static string Topic(string tenantId, string name) => $"lease/{tenantId}/{name}";

    [LoggerMessage(EventId = 1303, EventName = "lease_acquired", Level = LogLevel.Information, Message = "Took the lease {Lease} of tenant {Tenant} with token {Token}")]
    private partial void LogAcquired(string lease, string tenant, long token);

    [LoggerMessage(EventId = 1304, EventName = "lease_lost", Level = LogLevel.Warning, Message = "The lease {Lease} of tenant {Tenant} with token {Token} has ended; it was not renewed in time")]
    private partial void LogLost(string lease, string tenant, long token);

    [LoggerMessage(EventId = 1305, EventName = "lease_not_renewed", Level = LogLevel.Warning, Message = "{Count} leases could not be renewed; they run out unless the database comes back in time")]
    private partial void LogNotRenewed(int count, Exception failure);
}
