using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Deals with what comes from one queue: events of a key one after the other, in the order of the queue, different keys side
/// by side. An event that fails is tried again here, so that none of its key overtakes it; the other consumers of the same
/// event are not called again for it. What fails for good is put aside, and so is what no consumer here takes.
/// </summary>
internal sealed partial class EventReceiver(
    IEnumerable<Subscription> subscriptions, MessagingOptions options, Func<GivenUpEvent, CancellationToken, Task> putAside,
    TimeProvider clock, ILogger log) : IDisposable
{
    private static readonly TimeSpan Telling = TimeSpan.FromMilliseconds(200);

    private readonly FrozenDictionary<string, Subscription[]> byName = subscriptions
        .GroupBy(subscription => subscription.EventName, StringComparer.Ordinal)
        .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    private readonly SemaphoreSlim slots = new(options.ConsumerConcurrency, options.ConsumerConcurrency);
    private readonly WaitNotice notice = new(clock);
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource stopped = new();
    private readonly Lock changing = new();
    private readonly ConditionalWeakTable<IChannel, Link> links = [];
    private Link? current;
    private int working;

    public IEnumerable<string> EventNames => byName.Keys;

    /// <summary>When the oldest event was committed that the broker has sent here and that is not dealt with yet; null while there is none.</summary>
    public DateTimeOffset? OldestUnfinished
    {
        get
        {
            lock (changing)
                return current?.Unfinished.Values.Select(since => (DateTimeOffset?)since).Min();
        }
    }

    /// <summary>
    /// Completes when the message is dealt with and may be forgotten by the broker, or when its channel is closed: then the
    /// broker sends it again. What comes while the process drains waits for that.
    /// </summary>
    /// <param name="channel">Through which it came: a new one with each connection.</param>
    /// <param name="deliveryTag">Its number in the channel, from 1.</param>
    public async Task ReceiveAsync(IChannel channel, ulong deliveryTag, ReceivedEvent message)
    {
        var link = LinkOf(channel);
        EventEnvelope? envelope = null;
        FormatException? unreadable = null;
        try
        {
            envelope = message.Read();
            link.Unfinished[deliveryTag] = envelope.OccurredAt;
        }
        catch (FormatException problem)
        {
            // It takes its turn too, since the order has no gaps; then it is put aside.
            unreadable = problem;
        }

        try
        {
            var turn = await link.Order.EnterAsync(deliveryTag, envelope is null ? "" : $"{envelope.TenantId}/{envelope.Key}").WaitAsync(link.Ended.Token);
            // A new connection waits until the messages of the old one are let go, an effect that takes its time among them.
            await TakeTurnAsync(link, turn, envelope, message.Consumers).WaitAsync(link.Ended.Token);
        }
        catch (OperationCanceledException) when (link.Ended.IsCancellationRequested && !channel.IsOpen)
        {
            // The broker has it back already, and the acknowledgement that follows reaches nobody. As a failure, MassTransit
            // would want to move it elsewhere, over the very connection that waits for this message to be let go.
            return;
        }
        finally
        {
            link.Unfinished.TryRemove(deliveryTag, out _);
        }

        if (unreadable is not null)
            throw unreadable;
    }

    /// <summary>Begins no more work, and waits for what is under way.</summary>
    public async Task DrainAsync(TimeSpan longest)
    {
        await stopping.CancelAsync();
        var deadline = clock.GetUtcNow() + longest;
        while (Volatile.Read(ref working) > 0 && clock.GetUtcNow() < deadline)
            await Task.Delay(TimeSpan.FromMilliseconds(10), clock);
        await stopped.CancelAsync();
    }

    /// <summary>
    /// Gives back what was not dealt with. Closing the channel puts all of it back in its order in one step, before another
    /// replica is given anything; to refuse the messages one by one, or to cancel the consumer first, would mix them up.
    /// </summary>
    public async Task CloseAsync()
    {
        Link? link;
        lock (changing)
            link = current;
        if (link is null)
            return;
        try
        {
            // It ends only when no message waits here any longer; and they may not be let go before the broker knows.
            var closing = link.Channel.CloseAsync();
            await Task.WhenAny(closing, Task.Delay(Telling, clock));
            await link.Ended.CancelAsync();
            await closing;
        }
        catch (Exception gone) when (gone is OperationInterruptedException or AlreadyClosedException or ObjectDisposedException or TimeoutException)
        {
            // The broker was faster, or is away: then it has them back already.
        }
        finally
        {
            await link.Ended.CancelAsync();
        }
    }

    public void Dispose()
    {
        slots.Dispose();
        stopping.Dispose();
        stopped.Dispose();
        current?.Ended.Dispose();
    }

    private async Task TakeTurnAsync(Link link, KeyedOrder.Turn turn, EventEnvelope? envelope, string[] consumers)
    {
        using var _ = turn;
        await turn.Begins.WaitAsync(link.Ended.Token);
        if (envelope is null)
            return;
        if (byName.TryGetValue(envelope.Name, out var wanted))
        {
            await DeliverAsync(link, envelope, Of(wanted, consumers));
            return;
        }

        // A newer version beside this one has asked for it. Replayed there, without a consumer named, it reaches all of them.
        LogNotTaken(envelope.Name, envelope.MessageId);
        await PutAsideAsync(link, new GivenUpEvent(envelope, [], "This version does not take it.", 0, clock.GetUtcNow()));
    }

    // One that has another name by now is not among them; rather than nobody, all have it then.
    private static Subscription[] Of(Subscription[] wanted, string[] consumers) =>
        Array.FindAll(wanted, subscription => consumers.Contains(subscription.Consumer, StringComparer.Ordinal)) is { Length: > 0 } named ? named : wanted;

    private async Task DeliverAsync(Link link, EventEnvelope envelope, Subscription[] wanted)
    {
        var pending = wanted;
        for (int attempts = 0, outages = 0; ;)
        {
            var failures = await TryAsync(link, envelope, pending);
            if (failures.Count == 0)
            {
                MessagingTelemetry.Hop.Record((clock.GetUtcNow() - envelope.OccurredAt).TotalSeconds, new KeyValuePair<string, object?>("event", envelope.Name));
                return;
            }

            pending = [.. failures.Select(failure => failure.Consumer)];
            TimeSpan pause;
            if (failures.All(failure => Retries.IsOutage(failure.Cause)))
            {
                pause = Retries.Backoff(++outages, options.LongestOutagePause);
                if (notice.IsDue(outages))
                    LogWaits(envelope.Name, envelope.MessageId, pending[0].Consumer, outages, failures[0].Cause.GetBaseException().Message);
            }
            else if (++attempts < options.MostAttempts)
            {
                pause = Retries.Backoff(attempts, options.LongestBackoff);
                foreach (var (consumer, cause) in failures)
                    LogRetry(envelope.Name, envelope.MessageId, consumer.Consumer, attempts, cause);
            }
            else
            {
                foreach (var (consumer, cause) in failures)
                    LogGivenUp(envelope.Name, envelope.MessageId, consumer.Consumer, attempts, cause);
                await PutAsideAsync(link, new GivenUpEvent(envelope, [.. pending.Select(consumer => consumer.Consumer)], failures[0].Cause.Message, attempts, clock.GetUtcNow()));
                return;
            }

            await WaitAsync(link, pause);
        }
    }

    private async Task<List<(Subscription Consumer, Exception Cause)>> TryAsync(Link link, EventEnvelope envelope, Subscription[] consumers)
    {
        await slots.WaitAsync(link.Ended.Token);
        try
        {
            Interlocked.Increment(ref working);
            // Whoever drains looks at the count after it has forbidden new work.
            if (stopping.IsCancellationRequested)
            {
                Interlocked.Decrement(ref working);
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, link.Ended.Token);
            }

            try
            {
                var outcomes = await Task.WhenAll(consumers.Select(consumer => TryAsync(envelope, consumer)));
                return [.. outcomes.Where(outcome => outcome.Cause is not null).Select(outcome => (outcome.Consumer, outcome.Cause!))];
            }
            finally
            {
                Interlocked.Decrement(ref working);
            }
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task<(Subscription Consumer, Exception? Cause)> TryAsync(EventEnvelope envelope, Subscription consumer)
    {
        try
        {
            await consumer.Deliver(envelope, stopped.Token);
            return (consumer, null);
        }
        catch (Exception failure)
        {
            // Whatever a consumer's trouble is, the event stays and is tried again.
            return (consumer, failure);
        }
    }

    private async Task PutAsideAsync(Link link, GivenUpEvent givenUp)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await putAside(givenUp, link.Ended.Token);
                MessagingTelemetry.Dead.Add(1, new KeyValuePair<string, object?>("event", givenUp.Envelope.Name));
                return;
            }
            catch (TransportAwayException)
            {
                // Not before the broker keeps it elsewhere may it leave the queue.
                await WaitAsync(link, Retries.Backoff(failures, options.LongestOutagePause));
            }
        }
    }

    private async Task WaitAsync(Link link, TimeSpan pause)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, link.Ended.Token);
        try
        {
            await Task.Delay(pause, clock, either.Token);
        }
        catch (OperationCanceledException) when (!link.Ended.IsCancellationRequested)
        {
            // The process drains: the message goes back in its place when the connection closes, not before.
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, link.Ended.Token);
        }
    }

    private Link LinkOf(IChannel channel)
    {
        lock (changing)
        {
            if (links.TryGetValue(channel, out var known))
                return known;
            // What an earlier channel brought and nobody has begun comes again through this one.
            current?.Ended.Cancel();
            var link = current = new Link(channel);
            links.Add(channel, link);
            channel.ChannelShutdownAsync += (_, _) => link.Ended.CancelAsync();
            if (!channel.IsOpen)
                link.Ended.Cancel();
            return link;
        }
    }

    [LoggerMessage(EventId = 1131, EventName = "consumer_failed", Level = LogLevel.Warning,
        Message = "{Event} {MessageId} failed in {Consumer} at attempt {Attempt}; it will be tried again")]
    private partial void LogRetry(string @event, Guid messageId, string consumer, int attempt, Exception failure);

    [LoggerMessage(EventId = 1132, EventName = "consumer_gave_up", Level = LogLevel.Error,
        Message = "{Event} {MessageId} was given up by {Consumer} after {Attempt} attempts; it is with the dead letters")]
    private partial void LogGivenUp(string @event, Guid messageId, string consumer, int attempt, Exception failure);

    [LoggerMessage(EventId = 1133, EventName = "event_not_taken", Level = LogLevel.Error,
        Message = "{Event} {MessageId} is taken by no consumer of this version; it is with the dead letters, to be replayed in the version that takes it")]
    private partial void LogNotTaken(string @event, Guid messageId);

    [LoggerMessage(EventId = 1134, EventName = "consumer_waits", Level = LogLevel.Warning,
        Message = "{Event} {MessageId} still waits in {Consumer} after {Attempt} attempts, for something that is away: {Reason}")]
    private partial void LogWaits(string @event, Guid messageId, string consumer, int attempt, string reason);

    /// <summary>One channel's deliveries.</summary>
    private sealed class Link(IChannel channel)
    {
        public IChannel Channel => channel;

        public KeyedOrder Order { get; } = new();

        /// <summary>By delivery, when the events that are not dealt with were committed.</summary>
        public ConcurrentDictionary<ulong, DateTimeOffset> Unfinished { get; } = new();

        public CancellationTokenSource Ended { get; } = new();
    }
}

/// <summary>An event that a target could not deal with.</summary>
/// <param name="Consumers">Those that failed; the others have had their effect. None where this version has no consumer of it.</param>
internal sealed record GivenUpEvent(EventEnvelope Envelope, IReadOnlyList<string> Consumers, string Error, int Attempts, DateTimeOffset At);
