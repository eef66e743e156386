using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>Measures how much waits in the target's queues.</summary>
internal sealed class QueueDepths(BrokerAddress address, TargetIdentity target, IEnumerable<Subscription> subscriptions, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (subscriptions.All(subscription => subscription.EveryReplica))
            return;
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await MeasureAsync(timer, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains.
        }
    }

    // On one connection for as long as it holds.
    private async Task MeasureAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            await using var connection = await address.OpenAsync($"{target.Name} measures", stop);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: stop);
            do
            {
                foreach (var queue in new[] { EventTopology.QueueOf(target.Name), EventTopology.DeadQueueOf(target.Name) })
                {
                    var found = await channel.QueueDeclarePassiveAsync(queue, stop);
                    MessagingTelemetry.QueueDepth.Record(found.MessageCount, new KeyValuePair<string, object?>("queue", queue));
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (Exception away) when (away is BrokerUnreachableException or OperationInterruptedException or AlreadyClosedException or IOException)
        {
            // The transport tells of it; a queue that is not declared yet is looked for again.
        }
    }
}
