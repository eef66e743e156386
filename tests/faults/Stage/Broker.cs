using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace Relais.Faults;

/// <summary>The queues of the targets, seen past the platform.</summary>
internal sealed class Broker(string address)
{
    private static IEnumerable<string> Targets => Effects.ByTarget.Keys;

    public static string QueueOf(string target) => "relais." + target;

    public static string DeadQueueOf(string target) => QueueOf(target) + ".dead";

    /// <summary>Which queues hold something, for good or not yet.</summary>
    public async Task<IReadOnlyList<string>> LeftAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        var left = new List<string>();
        foreach (var queue in Targets.SelectMany(target => new[] { QueueOf(target), DeadQueueOf(target) }))
        {
            var count = await CountAsync(connection, queue, cancellationToken);
            if (count == 0)
                continue;
            var first = await DescribeFirstAsync(connection, queue, cancellationToken);
            left.Add(string.Create(CultureInfo.InvariantCulture, $"the queue {queue} holds {count} messages{first}"));
        }

        return left;
    }

    public async Task<uint> CountDeadAsync(string target, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        return await CountAsync(connection, DeadQueueOf(target), cancellationToken);
    }

    /// <summary>Throws a target's dead letters away.</summary>
    public async Task ForgetDeadAsync(string target, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueuePurgeAsync(DeadQueueOf(target), cancellationToken);
    }

    /// <summary>Publishes messages in one go; each must reach a queue.</summary>
    /// <param name="messages">The exchange, the id, the headers and the body of each.</param>
    public async Task PublishAsync(IEnumerable<BrokerMessage> messages, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        foreach (var message in messages)
        {
            var properties = new BasicProperties
            {
                MessageId = message.Id,
                ContentType = "application/json",
                DeliveryMode = DeliveryModes.Persistent,
                Headers = message.Headers.ToDictionary(header => header.Key, header => (object?)header.Value),
            };
            await channel.BasicPublishAsync(message.Exchange, "", mandatory: true, properties, Encoding.UTF8.GetBytes(message.Body), cancellationToken);
        }
    }

    private Task<IConnection> ConnectAsync(CancellationToken cancellationToken) =>
        new ConnectionFactory { Uri = new Uri(address), AutomaticRecoveryEnabled = false, ClientProvidedName = "faults" }.CreateConnectionAsync(cancellationToken);

    private static async Task<uint> CountAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        return (await channel.QueueDeclarePassiveAsync(queue, cancellationToken)).MessageCount;
    }

    // A dead letter says why it is one; it goes back where it was when the channel closes.
    private static async Task<string> DescribeFirstAsync(IConnection connection, string queue, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        if (!queue.EndsWith(".dead", StringComparison.Ordinal) || await channel.BasicGetAsync(queue, autoAck: false, cancellationToken) is not { } first)
            return "";
        var headers = first.BasicProperties.Headers?.Select(header => $"{header.Key}: {(header.Value is byte[] text ? Encoding.UTF8.GetString(text) : header.Value)}") ?? [];
        return $"; the first is {first.BasicProperties.MessageId} ({string.Join(", ", headers)})";
    }
}

/// <summary>A message as it stands in the broker.</summary>
internal sealed record BrokerMessage(string Exchange, string Id, IReadOnlyDictionary<string, string> Headers, string Body);
