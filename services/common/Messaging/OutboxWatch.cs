using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging;

/// <summary>Looks now and then how much the outbox holds and how long the oldest of it has waited: what an alarm rests on.</summary>
internal sealed partial class OutboxWatch<TDb>(IServiceProvider services, TargetIdentity target, TimeProvider clock, ILogger<OutboxWatch<TDb>> log) : BackgroundService
    where TDb : ServiceDb
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Meter meter = new("Relais.Messaging");
    private long waiting;
    private long dead;
    private double oldest;

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var tag = new KeyValuePair<string, object?>("target", target.Name);
        meter.CreateObservableGauge("relais.messaging.outbox_waiting", () => new Measurement<long>(Volatile.Read(ref waiting), tag), "{event}", "Events that are not delivered yet.");
        meter.CreateObservableGauge("relais.messaging.outbox_oldest", () => new Measurement<double>(Volatile.Read(ref oldest), tag), "s", "How long the oldest event that is not delivered has waited.");
        meter.CreateObservableGauge("relais.messaging.outbox_dead", () => new Measurement<long>(Volatile.Read(ref dead), tag), "{event}", "Events whose delivery was given up, for an operator to replay.");
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await LookAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains.
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        try
        {
            await using var db = services.CreateUnscoped<TDb>();
            var undelivered = db.Outbox.IgnoreQueryFilters().Where(row => row.DeliveredAt == null && row.DeadAt == null);
            var since = await undelivered.OrderBy(row => row.Position).Select(row => (DateTimeOffset?)row.OccurredAt).FirstOrDefaultAsync(stop);
            Volatile.Write(ref waiting, since is null ? 0 : await undelivered.LongCountAsync(stop));
            Volatile.Write(ref oldest, since is null ? 0 : Math.Max(0, (clock.GetUtcNow() - since.Value).TotalSeconds));
            Volatile.Write(ref dead, await db.Outbox.IgnoreQueryFilters().LongCountAsync(row => row.DeliveredAt == null && row.DeadAt != null, stop));
        }
        catch (Exception failure) when (DatabaseTroubles.Of(failure) == DatabaseTrouble.Away)
        {
            // The last figures stand until the database is back; that it is away shows elsewhere.
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Figures alone are no reason to end a target.
            LogFailed(failure);
        }
    }

    [LoggerMessage(EventId = 1104, EventName = "outbox_watch_failed", Level = LogLevel.Error,
        Message = "How much the outbox holds could not be looked up; its figures stand still until the next look succeeds")]
    private partial void LogFailed(Exception failure);
}
