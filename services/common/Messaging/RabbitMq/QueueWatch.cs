using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Measures how much waits in the target's queues and in those that its events go to, since a target that is away does not
/// measure its own; and has the link replaced when nobody consumes the target's events: the client may lose a consumer
/// without a word when the broker closes its channel.
/// </summary>
internal sealed partial class QueueWatch(
    BrokerAddress address, TargetIdentity target, RabbitMqTransport transport, IEnumerable<Subscription> subscriptions, TimeProvider clock,
    ILogger<QueueWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // One look may fall between the end of a replica and the start of the next.
    private const int LooksWithoutConsumer = 2;

    private int alone;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var targets = Watched();
        if (targets.Count == 0)
            return;
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await MeasureAsync(targets, timer, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains.
        }
    }

    // The target's own first: whatever is the matter with the others, it is looked after.
    private List<string> Watched()
    {
        string[] own = subscriptions.Any(subscription => !subscription.EveryReplica) ? [target.Name] : [];
        return [.. own.Union(EventTopology.SubscribersOf(target.Name).Select(subscriber => subscriber.Target), StringComparer.Ordinal)];
    }

    private void RenewWhereAlone(bool isAlone)
    {
        alone = isAlone ? alone + 1 : 0;
        if (alone < LooksWithoutConsumer)
            return;
        transport.Renew();
        alone = 0;
    }

    // On one connection for as long as it holds.
    private async Task MeasureAsync(IReadOnlyList<string> targets, PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            await using var connection = await address.OpenAsync($"{target.Name} measures", stop);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: stop);
            do
            {
                foreach (var each in targets)
                {
                    var events = await LookAsync(EventTopology.QueueOf(each), isConsumed: true);
                    if (each == target.Name)
                        RenewWhereAlone(events.ConsumerCount == 0);
                    await LookAsync(EventTopology.DeadQueueOf(each), isConsumed: false);
                }
            }
            while (await timer.WaitForNextTickAsync(stop));

            async Task<QueueDeclareOk> LookAsync(string queue, bool isConsumed)
            {
                var found = await channel.QueueDeclarePassiveAsync(queue, stop);
                var tag = new KeyValuePair<string, object?>("queue", queue);
                MessagingTelemetry.QueueDepth.Record(found.MessageCount, tag);
                if (isConsumed)
                    MessagingTelemetry.QueueConsumers.Record(found.ConsumerCount, tag);
                return found;
            }
        }
        catch (Exception away) when (away is BrokerUnreachableException or OperationInterruptedException or AlreadyClosedException or IOException)
        {
            // The transport tells of it; a queue that is not declared yet is looked for again.
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // The client tells of an answer that does not come by a cancellation, and of other trouble in more ways than it says.
            LogFailed(failure);
        }
    }

    [LoggerMessage(EventId = 1127, EventName = "queue_watch_failed", Level = LogLevel.Warning,
        Message = "The target's queues could not be measured; they are looked at again in a moment")]
    private partial void LogFailed(Exception failure);
}
