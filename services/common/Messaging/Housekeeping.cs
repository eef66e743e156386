using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>Removes what is past its retention: delivered events, inbox entries, answered requests.</summary>
internal sealed partial class Housekeeping<TDb>(
    IServiceProvider services, WriteGate gate, MessagingOptions options, TimeProvider clock, ILogger<Housekeeping<TDb>> log) : BackgroundService
    where TDb : ServiceDb
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    // Small enough that writers wait some milliseconds at most.
    private const int Batch = 1_000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await RemoveAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains; the rest goes next time.
        }
    }

    private async Task RemoveAsync(CancellationToken stop)
    {
        var until = clock.GetUtcNow() - options.Retention;
        try
        {
            await RemoveAsync(db => db.Outbox.IgnoreQueryFilters().Where(row => row.DeliveredAt < until).OrderBy(row => row.Position), stop);
            await RemoveAsync(db => db.Inbox.IgnoreQueryFilters().Where(row => row.At < until).OrderBy(row => row.At), stop);
            await RemoveAsync(db => db.AnsweredRequests.IgnoreQueryFilters().Where(row => row.At < until).OrderBy(row => row.At), stop);
        }
        catch (Exception failure) when (DatabaseTroubles.IsPassing(failure))
        {
            // Another replica was at it, or the database is away: the rest goes next time.
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Rows that stay too long harm nobody yet; an operator learns that they do.
            LogFailed(failure);
        }
    }

    private async Task RemoveAsync<TRow>(Func<TDb, IOrderedQueryable<TRow>> rows, CancellationToken stop)
    {
        int removed;
        do
        {
            using var turn = await gate.EnterAsync(stop);
            await using var db = services.CreateUnscoped<TDb>();
            removed = await rows(db).Take(Batch).ExecuteDeleteAsync(stop);
        }
        while (removed == Batch);
    }

    [LoggerMessage(EventId = 1105, EventName = "housekeeping_failed", Level = LogLevel.Error,
        Message = "Delivered events, inbox entries or answered requests past their retention could not be removed; it will be tried again in ten minutes")]
    private partial void LogFailed(Exception failure);
}
