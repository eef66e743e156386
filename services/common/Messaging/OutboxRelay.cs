using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Relais.Common.Messaging;

/// <summary>
/// Publishes what the outbox holds: events of one key one after the other, different keys side by side. A row is marked
/// when the transport has it for good; until then every start finds it again.
/// </summary>
internal sealed partial class OutboxRelay(
    OutboxStore store, OutboxQueue queue, IEventTransport transport, MessagingOptions options, TimeProvider clock, ILogger<OutboxRelay> log)
    : BackgroundService
{
    // Between two looks at a key that another replica has yet to publish of: about as long as that takes.
    private static readonly TimeSpan HeldUpPause = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<string, SortedList<long, OutboxMessage>> waiting = new(StringComparer.Ordinal);
    private readonly HashSet<long> known = [];
    private readonly RecentPositions delivered = new();
    private readonly Channel<OutboxMessage> done = Channel.CreateUnbounded<OutboxMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly OutboxTurns turns = new(store);
    private readonly SemaphoreSlim slots = new(options.Concurrency, options.Concurrency);
    private readonly WaitNotice notice = new(clock);

    // What is handed over while nothing gets through must not fill the memory: from as many rows as one sweep takes, it is
    // left to the sweeps, until one finds all that waits. Where replicas share the outbox, a row that comes past one that was
    // left finds out that it has to wait (MayGo); elsewhere order rests on taking each as it comes, and each is taken.
    private bool isBehind;
    private TaskCompletionSource room = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await store.LeaveAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            // The others notice a little later, and everything else is still to end in order.
            LogDatabaseAway(failure.GetBaseException().Message);
        }
    }

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
        {
            lock (waiting)
            {
                foreach (var message in messages)
                {
                    isBehind |= store.IsShared && known.Count >= options.SweepSize;
                    if (!isBehind)
                        Enqueue(message, stop);
                }
            }
        }
    }

    // Rows that nobody handed over: those of an earlier run, of a replica that died, and of a commit that went unconfirmed.
    // And those that there was no room for.
    private async Task SweepAsync(CancellationToken stop)
    {
        while (true)
        {
            Task roomMade;
            lock (waiting)
            {
                room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                roomMade = room.Task;
            }

            if (await PatientlyAsync(store.FindAsync, stop) is { } rows)
            {
                lock (waiting)
                {
                    foreach (var row in rows)
                        Enqueue(row, stop);
                    isBehind &= rows.Count >= options.SweepSize;
                }
            }

            await await Task.WhenAny(Task.Delay(options.SweepInterval, clock, stop), roomMade);
        }
    }

    private void Enqueue(OutboxMessage message, CancellationToken stop)
    {
        if (!known.Add(message.Position))
            return;
        if (waiting.TryGetValue(message.Key, out var others))
        {
            // Mostly behind them; before them when it comes from another replica.
            others.Add(message.Position, message);
            return;
        }

        waiting[message.Key] = new SortedList<long, OutboxMessage> { { message.Position, message } };
        _ = Task.Run(() => DrainAsync(message.Key, stop), stop);
    }

    private async Task DrainAsync(string key, CancellationToken stop)
    {
        while (true)
        {
            OutboxMessage next;
            lock (waiting)
            {
                var rows = waiting[key];
                if (rows.Count == 0)
                {
                    waiting.Remove(key);
                    return;
                }

                next = rows.GetValueAtIndex(0);
            }

            try
            {
                if (!await TryPublishAsync(next, stop))
                    continue;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            lock (waiting)
                waiting[key].Remove(next.Position);
            await done.Writer.WriteAsync(next, stop);
        }
    }

    /// <returns>Whether the row is finished with: delivered or given up. If not, the pause before the next attempt is over.</returns>
    private async Task<bool> TryPublishAsync(OutboxMessage message, CancellationToken stop)
    {
        TimeSpan pause;
        try
        {
            // While nothing gets through, nobody asks and nobody tries; all go on together.
            await transport.WhenReachableAsync(stop);
            if (store.IsShared && !MayGo(message) && !MayGo(message, await turns.FindOlderAsync(message, stop)))
            {
                await Task.Delay(HeldUpPause, clock, stop);
                return false;
            }

            await slots.WaitAsync(stop);
            try
            {
                // It may have gone while others had the slots.
                await transport.WhenReachableAsync(stop);
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
        catch (Exception failure) when (Retries.IsOutage(failure))
        {
            // What every event needs is away, which says nothing against this one.
            pause = Retries.Backoff(++message.Outages, options.LongestOutagePause);
            if (notice.IsDue(message.Outages))
                LogWaits(message.Name, message.Id, message.Outages, failure.GetBaseException().Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
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
            pause = Retries.Backoff(message.Attempts, options.LongestBackoff);
        }

        await Task.Delay(pause, clock, stop);
        return false;
    }

    // What was seen when it was saved is enough where that is nothing, or a row of this relay.
    private bool MayGo(OutboxMessage message) => message.Elder is { } elder && MayGo(message, elder == 0 ? [] : [elder]);

    // Older rows that this relay knows are published, or have taken the head of the key meanwhile.
    private bool MayGo(OutboxMessage message, IReadOnlyList<long> older)
    {
        lock (waiting)
            return older.All(position => known.Contains(position) || delivered.Contains(position)) && waiting[message.Key].GetKeyAtIndex(0) == message.Position;
    }

    private async Task MarkAsync(CancellationToken stop)
    {
        var batch = new List<OutboxMessage>();
        while (await done.Reader.WaitToReadAsync(stop))
        {
            // A pause gathers marks: one commit for many, since a mark that is lost costs only a repetition.
            await Task.Delay(store.MarkInterval, clock, stop);
            while (batch.Count < 500 && done.Reader.TryRead(out var message))
                batch.Add(message);
            for (var failures = 1; await PatientlyAsync(async ct => { await store.MarkAsync(batch, ct); return batch; }, stop) is null; failures++)
                await Task.Delay(Retries.Backoff(failures, options.LongestOutagePause), clock, stop);
            lock (waiting)
            {
                foreach (var message in batch)
                {
                    known.Remove(message.Position);
                    delivered.Add(message.Position);
                }

                // The next search need not wait for its time; one that finds many known rows again would be dear.
                if (isBehind && known.Count <= options.SweepSize / 2)
                    room.TrySetResult();
            }

            batch.Clear();
        }
    }

    // Whatever the database's trouble is, it ends nothing here: what was not read or saved is later.
    private async Task<T?> PatientlyAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken stop) where T : class
    {
        try
        {
            return await work(stop);
        }
        catch (Exception failure) when (Retries.IsOutage(failure))
        {
            LogDatabaseAway(failure.GetBaseException().Message);
            return null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            LogDatabaseFailed(failure);
            return null;
        }
    }

    [LoggerMessage(EventId = 1101, EventName = "outbox_delivery_failed", Level = LogLevel.Warning,
        Message = "{Event} {MessageId} was not delivered at attempt {Attempt}; it will be tried again")]
    private partial void LogRetry(string @event, Guid messageId, int attempt, Exception failure);

    [LoggerMessage(EventId = 1102, EventName = "outbox_dead_lettered", Level = LogLevel.Error,
        Message = "{Event} {MessageId} was given up after {Attempt} attempts; it stays in the outbox for a replay")]
    private partial void LogDead(string @event, Guid messageId, int attempt, Exception failure);

    [LoggerMessage(EventId = 1107, EventName = "outbox_waits", Level = LogLevel.Warning,
        Message = "{Event} {MessageId} still waits in the outbox after {Attempt} attempts, for something that is away: {Reason}")]
    private partial void LogWaits(string @event, Guid messageId, int attempt, string reason);

    [LoggerMessage(EventId = 1103, EventName = "outbox_unreachable", Level = LogLevel.Warning, Message = "The outbox cannot be reached: {Reason}")]
    private partial void LogDatabaseAway(string reason);

    [LoggerMessage(EventId = 1106, EventName = "outbox_failed", Level = LogLevel.Error,
        Message = "The outbox could not be read or marked; it will be tried again in a moment")]
    private partial void LogDatabaseFailed(Exception failure);
}
