using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>
/// Publishes what the outbox holds: events of one key one after the other, different keys side by side. A row is marked
/// when the transport has it for good; until then every start finds it again.
/// </summary>
internal sealed partial class OutboxRelay<TDb>(
    IServiceProvider services, OutboxQueue queue, IEventTransport transport, WriteGate gate, MessagingOptions options,
    TimeProvider clock, ILogger<OutboxRelay<TDb>> log) : BackgroundService
    where TDb : ServiceDb
{
    private readonly Dictionary<string, Queue<OutboxMessage>> waiting = new(StringComparer.Ordinal);
    private readonly HashSet<long> known = [];
    private readonly Channel<OutboxMessage> done = Channel.CreateUnbounded<OutboxMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim slots = new(options.Concurrency, options.Concurrency);

    public override void Dispose()
    {
        slots.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(TakeAsync(stoppingToken), SweepAsync(stoppingToken), MarkAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains; what is not marked is found at the next start.
        }
    }

    private async Task TakeAsync(CancellationToken stop)
    {
        await foreach (var messages in queue.Reader.ReadAllAsync(stop))
            Enqueue(messages, stop);
    }

    // Rows that nobody handed over: those of an earlier run, and those whose delivery failed on another replica.
    private async Task SweepAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        do
        {
            await using var db = services.CreateUnscoped<TDb>();
            var rows = await db.Outbox.IgnoreQueryFilters().AsNoTracking()
                .Where(row => row.DeliveredAt == null && row.DeadAt == null)
                .OrderBy(row => row.Position).Take(options.SweepSize).ToListAsync(stop);
            Enqueue(rows, stop);
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private void Enqueue(IReadOnlyList<OutboxMessage> messages, CancellationToken stop)
    {
        lock (waiting)
        {
            foreach (var message in messages)
            {
                if (!known.Add(message.Position))
                    continue;
                if (waiting.TryGetValue(message.Key, out var behind))
                {
                    behind.Enqueue(message);
                    continue;
                }

                waiting[message.Key] = new Queue<OutboxMessage>([message]);
                _ = Task.Run(() => DrainAsync(message.Key, stop), stop);
            }
        }
    }

    private async Task DrainAsync(string key, CancellationToken stop)
    {
        while (true)
        {
            OutboxMessage next;
            lock (waiting)
            {
                if (!waiting[key].TryPeek(out next!))
                {
                    waiting.Remove(key);
                    return;
                }
            }

            if (!await PublishAsync(next, stop))
                return;
            lock (waiting)
                waiting[key].Dequeue();
            await done.Writer.WriteAsync(next, stop);
        }
    }

    /// <returns>Whether the row is finished with: delivered or given up. False when the process drains.</returns>
    private async Task<bool> PublishAsync(OutboxMessage message, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await slots.WaitAsync(stop);
                try
                {
                    await transport.PublishAsync(message.ToEnvelope(), stop);
                }
                finally
                {
                    slots.Release();
                }

                message.DeliveredAt = clock.GetUtcNow();
                MessagingTelemetry.Delivered.Add(1, new KeyValuePair<string, object?>("event", message.Name));
                MessagingTelemetry.OutboxLag.Record((message.DeliveredAt.Value - message.OccurredAt).TotalSeconds);
                return true;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception failure)
            {
                // A subscriber failed, for whatever reason: the event stays and is tried again.
                message.Attempts++;
                message.LastError = failure.Message;
                MessagingTelemetry.Failed.Add(1, new KeyValuePair<string, object?>("event", message.Name));
                if (message.Attempts >= options.MostAttempts)
                {
                    message.DeadAt = clock.GetUtcNow();
                    MessagingTelemetry.Dead.Add(1, new KeyValuePair<string, object?>("event", message.Name));
                    LogDead(message.Name, message.Id, message.Attempts, failure);
                    return true;
                }

                LogRetry(message.Name, message.Id, message.Attempts, failure);
            }

            try
            {
                await Task.Delay(Backoff(message.Attempts), clock, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    // Doubles from a tenth of a second to the longest, each with up to a quarter more at random, so that rows that failed
    // together do not come back together.
    private TimeSpan Backoff(int attempts)
    {
        var delay = Math.Min(options.LongestBackoff.TotalMilliseconds, 100 * Math.Pow(2, attempts - 1));
        return TimeSpan.FromMilliseconds(delay * (1 + Random.Shared.NextDouble() / 4));
    }

    private async Task MarkAsync(CancellationToken stop)
    {
        var batch = new List<OutboxMessage>();
        while (await done.Reader.WaitToReadAsync(stop))
        {
            // A pause gathers marks: one commit for many, since a mark that is lost costs only a repetition.
            await Task.Delay(options.MarkInterval, clock, stop);
            while (batch.Count < 500 && done.Reader.TryRead(out var message))
                batch.Add(message);
            await SaveMarksAsync(batch, stop);
            lock (waiting)
                known.ExceptWith(batch.Select(message => message.Position));
            batch.Clear();
        }
    }

    private async Task SaveMarksAsync(List<OutboxMessage> batch, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var delivered = batch.Where(message => message.DeliveredAt is not null).Select(message => message.Position).ToList();
        using var turn = await gate.EnterAsync(stop);
        await using var db = services.CreateUnscoped<TDb>();
        await db.Outbox.IgnoreQueryFilters().Where(row => delivered.Contains(row.Position))
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.DeliveredAt, now), stop);
        foreach (var dead in batch.Where(message => message.DeadAt is not null))
        {
            await db.Outbox.IgnoreQueryFilters().Where(row => row.Position == dead.Position).ExecuteUpdateAsync(row => row
                .SetProperty(r => r.DeadAt, now)
                .SetProperty(r => r.Attempts, dead.Attempts)
                .SetProperty(r => r.LastError, dead.LastError), stop);
        }
    }

    [LoggerMessage(EventId = 1101, EventName = "outbox_delivery_failed", Level = LogLevel.Warning,
        Message = "{Event} {MessageId} was not delivered at attempt {Attempt}; it will be tried again")]
    private partial void LogRetry(string @event, Guid messageId, int attempt, Exception failure);

    [LoggerMessage(EventId = 1102, EventName = "outbox_dead_lettered", Level = LogLevel.Error,
        Message = "{Event} {MessageId} was given up after {Attempt} attempts; it stays in the outbox for a replay")]
    private partial void LogDead(string @event, Guid messageId, int attempt, Exception failure);
}
