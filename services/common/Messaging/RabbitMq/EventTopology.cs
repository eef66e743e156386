using RabbitMQ.Client;
using Relais.Contracts;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// What stands in the broker. Each event has an exchange of its wire name; each target has one queue, so that the events
/// of one key reach its consumers in one order, whatever their types; and beside it a queue for what failed for good.
/// Between an event's exchange and a queue stands an exchange of the queue's name, through which a single target can be
/// addressed.
/// </summary>
internal static class EventTopology
{
    // How often a message may end its process or connection before the broker puts it aside. No setting: the broker refuses
    // whoever declares a queue that stands with another.
    private const int DeliveryLimit = 20;

    public static string QueueOf(string target) => "relais." + target;

    /// <summary>Where events go that a target has given up.</summary>
    public static string DeadQueueOf(string target) => QueueOf(target) + ".dead";

    /// <summary>
    /// Replicated and on disk. One replica of the target works at a time, and the next takes over where it ends, so that
    /// order outlives a replica. A message that keeps ending its process is put aside without ever being lost
    /// (https://www.rabbitmq.com/docs/quorum-queues#dead-lettering).
    /// </summary>
    public static Dictionary<string, object?> QueueArguments(string target) => new()
    {
        [Headers.XQueueType] = "quorum",
        [Headers.XSingleActiveConsumer] = true,
        ["x-delivery-limit"] = DeliveryLimit,
        [Headers.XDeadLetterExchange] = DeadQueueOf(target),
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
    };

    /// <summary>
    /// Looking at a dead letter is a delivery that goes back, and RabbitMQ 4 throws a message away after 20 of those unless
    /// the queue says otherwise (https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling).
    /// </summary>
    public static Dictionary<string, object?> DeadQueueArguments() => new() { [Headers.XQueueType] = "quorum", ["x-delivery-limit"] = int.MaxValue };

    /// <summary>Declares a target's queues and has the events that it takes put into them. Repeating it changes nothing.</summary>
    public static async Task DeclareAsync(IChannel channel, string target, IEnumerable<string> events, CancellationToken cancellationToken)
    {
        await DeclareQueueAsync(channel, DeadQueueOf(target), DeadQueueArguments(), cancellationToken);
        await DeclareQueueAsync(channel, QueueOf(target), QueueArguments(target), cancellationToken);
        foreach (var name in events)
        {
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken);
            await channel.ExchangeBindAsync(QueueOf(target), name, "", cancellationToken: cancellationToken);
        }
    }

    /// <summary>
    /// Declares everything that the events of a target need, so that nothing is published before there is a queue that
    /// keeps it, in whatever order the targets start for the first time.
    /// </summary>
    public static async Task DeclarePublisherAsync(IChannel channel, string target, CancellationToken cancellationToken)
    {
        foreach (var name in EventCatalogue.All.Keys.Where(name => name.StartsWith(PrefixOf(target), StringComparison.Ordinal)))
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        foreach (var (subscriber, events) in SubscribersOf(target))
            await DeclareAsync(channel, subscriber, events, cancellationToken);
    }

    /// <summary>The targets that take events of this one, each with the events.</summary>
    public static IEnumerable<(string Target, IReadOnlyList<string> Events)> SubscribersOf(string target) => EventSubscribers.Durable
        .Select(entry => (entry.Key, (IReadOnlyList<string>)[.. entry.Value.Where(name => name.StartsWith(PrefixOf(target), StringComparison.Ordinal))]))
        .Where(entry => entry.Item2.Count > 0);

    private static string PrefixOf(string target) => $"relais.{target}.";

    private static async Task DeclareQueueAsync(
        IChannel channel, string name, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
    }
}
