using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Events through RabbitMQ, by MassTransit. The target starts whether the broker is there or not: until it is, events stay
/// in the outbox. A link that breaks is given up, and the next is made once the broker can be reached.
/// </summary>
internal sealed partial class RabbitMqTransport(
    BrokerAddress address, TargetIdentity target, BrokerState state, MessagingOptions options, IEnumerable<ReplicaResync> resyncs,
    TimeProvider clock, ILoggerFactory logs) : IEventTransport, IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Acknowledging = TimeSpan.FromMilliseconds(50);

    private readonly ILogger log = logs.CreateLogger<RabbitMqTransport>();
    private readonly List<Subscription> subscriptions = [];
    private readonly List<ConsumedQueue> queues = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Meter meter = new("Relais.Messaging");
    private Task running = Task.CompletedTask;
    private volatile RabbitMqLink? link;
    private volatile TaskCompletionSource linked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Subscribe(Subscription subscription) => subscriptions.Add(subscription);

    public Task PublishAsync(EventEnvelope envelope, CancellationToken cancellationToken)
    {
        // The broker would close the channel over one that is too large, which cannot be told from an outage.
        OutboxMessage.CheckSize(envelope.Name, envelope.Key, envelope.Payload);
        return Link.SendAsync(envelope.Name, envelope, _ => { }, cancellationToken);
    }

    public Task WhenReachableAsync(CancellationToken cancellationToken) => linked.Task.WaitAsync(cancellationToken);

    /// <summary>Replaces the link, which does not do what it should.</summary>
    public void Renew() => link?.Break(new TransportAwayException("Nobody consumes the queue.", null));

    public Task StartAsync(CancellationToken cancellationToken)
    {
        AddQueue(isDurable: true, PutAsideAsync, () => Task.CompletedTask);
        AddQueue(isDurable: false, (_, _) => Task.CompletedTask, ResyncAsync);
        if (queues.Find(queue => queue.IsDurable) is { } durable)
        {
            var tag = new KeyValuePair<string, object?>("target", target.Name);
            meter.CreateObservableGauge(
                "relais.messaging.queue_oldest", () => new Measurement<double>(AgeOf(durable.Receiver.OldestUnfinished), tag), "s",
                "How long ago the oldest event was committed that this replica was given and has not dealt with.");
        }

        running = RunAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await running;
        await Task.WhenAll(queues.Select(queue => queue.Receiver.DrainAsync(LongestDrain)));
        if (link is { } open)
        {
            // What was just dealt with is acknowledged by then; if not, it comes again and has no effect.
            await Task.Delay(Acknowledging, clock, CancellationToken.None);
            await open.CloseAsync();
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var queue in queues)
            queue.Receiver.Dispose();
        stop.Dispose();
        meter.Dispose();
        return ValueTask.CompletedTask;
    }

    private double AgeOf(DateTimeOffset? since) => since is { } at ? Math.Max(0, (clock.GetUtcNow() - at).TotalSeconds) : 0;

    private RabbitMqLink Link => link ?? throw new TransportAwayException("RabbitMQ cannot be reached.", null);

    private async Task RunAsync()
    {
        for (var failures = 0; ;)
        {
            try
            {
                if (failures > 0)
                    await Task.Delay(Retries.Backoff(failures, options.LongestOutagePause), clock, stop.Token);
                failures++;
                await DeclareAsync(stop.Token);
                var open = link = new RabbitMqLink(address, target.Name, queues, options, state, clock, logs);
                linked.SetResult();
                await open.Broken.WaitAsync(stop.Token);
                linked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                link = null;
                if (open.WasOfUse)
                    failures = 1;
                _ = open.CloseAsync();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The broker is not there, or not ready, or refuses: all that can be done is to try again.
                state.Lost(failure);
            }
        }
    }

    private async Task DeclareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await address.OpenAsync($"{target.Name} declares", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await EventTopology.DeclarePublisherAsync(channel, target.Name, cancellationToken);
        if (queues.Find(queue => queue.IsDurable) is { } durable)
            await EventTopology.DeclareAsync(channel, target.Name, [.. durable.Receiver.EventNames], cancellationToken);
    }

    private void AddQueue(bool isDurable, Func<GivenUpEvent, CancellationToken, Task> putAside, Func<Task> ready)
    {
        var wanted = subscriptions.Where(subscription => subscription.EveryReplica != isDurable).ToList();
        if (wanted.Count == 0)
            return;
        queues.Add(new ConsumedQueue(isDurable, new EventReceiver(wanted, options, putAside, clock, log), ready));
    }

    private Task PutAsideAsync(GivenUpEvent givenUp, CancellationToken cancellationToken) => Link.SendAsync(
        EventTopology.DeadQueueOf(target.Name), givenUp.Envelope, context => DeadLetterHeaders.Set(context, givenUp), cancellationToken);

    private async Task ResyncAsync()
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                foreach (var resync in resyncs)
                    await resync.RunAsync(stop.Token);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Until it succeeds this replica may show what is no longer so.
                LogResyncFailed(failure);
            }

            await Task.Delay(Retries.Backoff(failures, options.LongestOutagePause), clock, CancellationToken.None);
        }
    }

    [LoggerMessage(EventId = 1123, EventName = "replica_resync_failed", Level = LogLevel.Warning,
        Message = "What this replica keeps in memory could not be compared with the database; it will be tried again")]
    private partial void LogResyncFailed(Exception failure);
}
