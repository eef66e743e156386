using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;
using Relais.Routing.Data;

namespace Relais.Routing.Shards;

/// <summary>Removes decisions past their retention.</summary>
internal sealed partial class DecisionHousekeeping(
    Func<RoutingDb> open, WriteGate gate, RoutingOptions options, TimeProvider clock, ILogger<DecisionHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    // Small enough that writers wait some milliseconds at most.
    private const int Batch = 1_000;

    /// <summary>Removes what is past its retention now.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        var until = clock.GetUtcNow() - options.DecisionRetention;
        int removed;
        do
        {
            using var turn = await gate.EnterAsync(cancellationToken);
            await using var db = open();
            removed = await db.Decisions.IgnoreQueryFilters().Where(row => row.At < until).OrderBy(row => row.At).Take(Batch)
                .ExecuteDeleteAsync(cancellationToken);
        }
        while (removed == Batch);
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
                    // Decisions that stay too long harm nobody yet; an operator learns that they do.
                    LogFailed(failure);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains; the rest goes next time.
        }
    }

    [LoggerMessage(EventId = 1504, EventName = "routing_housekeeping_failed", Level = LogLevel.Error,
        Message = "Decisions past their retention could not be removed; it will be tried again in ten minutes")]
    private partial void LogFailed(Exception failure);
}
