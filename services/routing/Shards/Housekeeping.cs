using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;
using Relais.Routing.Data;

namespace Relais.Routing.Shards;

/// <summary>Removes what is past its retention: decisions; closed matters, offers that are over, dissolved teams and ended pauses.</summary>
internal sealed partial class Housekeeping(
    Func<RoutingDb> open, WriteGate gate, RoutingOptions options, TimeProvider clock, ILogger<Housekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    // Small enough that writers wait some milliseconds at most.
    private const int Batch = 1_000;

    /// <summary>Removes what is past its retention now.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        var (decided, worked) = (clock.GetUtcNow() - options.DecisionRetention, clock.GetUtcNow() - options.WorkKept);
        await RepeatAsync(null, (db, ct) => db.Decisions.IgnoreQueryFilters().Where(row => row.At < decided).OrderBy(row => row.At).Take(Batch)
            .ExecuteDeleteAsync(ct), cancellationToken);
        foreach (var tenant in await TenantsAsync(cancellationToken))
        {
            await RepeatAsync(tenant, (db, ct) => RemoveClosedAsync(db, worked, ct), cancellationToken);
            await RepeatAsync(tenant, (db, ct) => db.Offers.Where(row => row.OfferedAt < worked && row.LiveItemId == null).OrderBy(row => row.OfferedAt).Take(Batch)
                .ExecuteDeleteAsync(ct), cancellationToken);
            await RepeatAsync(tenant, (db, ct) => db.Teams.Where(row => row.DissolvedAt < worked).OrderBy(row => row.Id).Take(Batch)
                .ExecuteDeleteAsync(ct), cancellationToken);
            await RepeatAsync(tenant, (db, ct) => db.Pauses.Where(row => row.Until < worked).ExecuteDeleteAsync(ct), cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await RemoveAsync(stoppingToken);
                }
                catch (Exception failure) when (DatabaseTroubles.IsPassing(failure))
                {
                    // Another replica was at it, or the database is away: the rest goes next time.
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
                {
                    // Rows that stay too long harm nobody yet; an operator learns that they do.
                    LogFailed(failure);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains; the rest goes next time.
        }
    }

    private static async Task<int> RemoveClosedAsync(RoutingDb db, DateTimeOffset until, CancellationToken cancellationToken)
    {
        // What was closed so long ago was queued before that, which is what there is an index for.
        var ids = await db.WorkItems.Where(row => row.QueuedSince < until && row.ClosedAt < until).OrderBy(row => row.QueuedSince).Take(Batch)
            .Select(row => row.Id).ToListAsync(cancellationToken);
        // Asked again of the row itself: one that is reopened in between stays.
        await db.WorkItems.Where(row => ids.Contains(row.Id) && row.ClosedAt < until).ExecuteDeleteAsync(cancellationToken);
        return ids.Count;
    }

    /// <param name="remove">Removes at most <see cref="Batch"/> rows and says how many it found.</param>
    private async Task RepeatAsync(string? tenant, Func<RoutingDb, CancellationToken, Task<int>> remove, CancellationToken cancellationToken)
    {
        int found;
        do
        {
            using var turn = await gate.EnterAsync(cancellationToken);
            await using var db = open();
            db.TenantId = tenant;
            found = await remove(db, cancellationToken);
        }
        while (found == Batch);
    }

    private async Task<List<string>> TenantsAsync(CancellationToken cancellationToken)
    {
        await using var db = open();
        return await db.Experts.IgnoreQueryFilters().Select(row => row.TenantId).Distinct().ToListAsync(cancellationToken);
    }

    [LoggerMessage(EventId = 1504, EventName = "routing_housekeeping_failed", Level = LogLevel.Error,
        Message = "Decisions, matters, offers, teams or pauses past their retention could not be removed; it will be tried again in ten minutes")]
    private partial void LogFailed(Exception failure);
}
