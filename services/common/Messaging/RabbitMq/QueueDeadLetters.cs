using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// A target's dead-letter queue. Reading takes messages without acknowledging them, so that the broker puts them back in
/// their places when the channel closes, also when this process dies half-way.
/// </summary>
internal sealed class QueueDeadLetters(BrokerAddress address, TargetIdentity target) : IDeadLetterStore
{
    // As many as are looked through for one answer; what lies behind them comes to light when these are replayed.
    private const int Most = 10_000;

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(string tenantId, int most, CancellationToken cancellationToken)
    {
        var found = new List<DeadLetter>();
        await LookThroughAsync((_, _, letter) =>
        {
            if (letter is not null && letter.Envelope.TenantId == tenantId)
                found.Add(letter);
            return Task.FromResult(found.Count < most);
        }, cancellationToken);
        return found;
    }

    public async Task<int> ReplayAsync(string tenantId, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        var replayed = 0;
        await LookThroughAsync(async (channel, message, letter) =>
        {
            if (letter?.Envelope.TenantId != tenantId || (ids.Count > 0 && !ids.Contains(letter.Envelope.MessageId)))
                return true;
            // Confirmed before the old one goes: a replay that dies in between repeats, it loses nothing.
            await channel.BasicPublishAsync(
                EventTopology.QueueOf(target.Name), "", mandatory: true, Again(message.BasicProperties), message.Body, cancellationToken);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellationToken);
            replayed++;
            return ids.Count == 0 || replayed < ids.Count;
        }, cancellationToken);
        return replayed;
    }

    /// <param name="look">Says whether to go on; the letter is null where the message is not an event of Relais.</param>
    private async Task LookThroughAsync(Func<IChannel, BasicGetResult, DeadLetter?, Task<bool>> look, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await address.OpenAsync($"{target.Name} dead letters", cancellationToken);
            await using var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            for (var seen = 0; seen < Most; seen++)
            {
                if (await channel.BasicGetAsync(EventTopology.DeadQueueOf(target.Name), autoAck: false, cancellationToken) is not { } message
                    || !await look(channel, message, Read(message)))
                {
                    return;
                }
            }
        }
        catch (OperationInterruptedException missing) when (missing.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            // A target that takes no events has no such queue.
        }
        catch (Exception away) when (away is BrokerUnreachableException or OperationInterruptedException or AlreadyClosedException or IOException)
        {
            throw new TransportAwayException("RabbitMQ does not answer.", away);
        }
    }

    private static DeadLetter? Read(BasicGetResult message)
    {
        var headers = message.BasicProperties.Headers;
        string? Header(string name) => headers is not null && headers.TryGetValue(name, out var value) ? value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            null => null,
            var other => Convert.ToString(other, CultureInfo.InvariantCulture),
        } : null;
        EventEnvelope envelope;
        try
        {
            envelope = EventWire.Read(Guid.TryParse(message.BasicProperties.MessageId, out var id) ? id : null, Header, message.Body.Span);
        }
        catch (FormatException)
        {
            return null;
        }

        return new DeadLetter(
            DeadLetterPlace.Queue, envelope,
            Header(DeadLetterHeaders.Error) ?? "It cannot be read, or it kept ending the process or the connection that worked on it.",
            Header(DeadLetterHeaders.Consumers)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            int.TryParse(Header(DeadLetterHeaders.Attempts), NumberStyles.None, CultureInfo.InvariantCulture, out var attempts) ? attempts : 0,
            DateTimeOffset.TryParse(Header(DeadLetterHeaders.GivenUpAt), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var at) ? at : null);
    }

    private static BasicProperties Again(IReadOnlyBasicProperties old) => new()
    {
        MessageId = old.MessageId,
        ContentType = old.ContentType,
        DeliveryMode = DeliveryModes.Persistent,
        Headers = old.Headers?.Where(header => EventWire.IsHeader(header.Key)).ToDictionary(),
    };
}
