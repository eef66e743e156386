using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// A target's dead-letter queue. Reading takes messages without acknowledging them, so that the broker puts them back in
/// their places when the channel closes, also when this process dies half-way. An event that came twice may be there twice:
/// it is told once, and its copies go together.
/// </summary>
internal sealed class QueueDeadLetters(BrokerAddress address, TargetIdentity target) : IDeadLetterStore
{
    // As many as are looked through for one answer; what lies behind them comes to light when these are replayed or thrown away.
    private const int Most = 10_000;

    // Enough to see what it is, in an answer of gRPC.
    private const int LongestUnreadable = 20_000;

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterOwner owner, int most, CancellationToken cancellationToken)
    {
        var (events, unreadable) = (new List<DeadLetter>(), new List<DeadLetter>());
        await LookThroughAsync((_, _, letter) =>
        {
            var found = letter.IsUnreadable ? unreadable : events;
            if (owner.Has(letter) && found.Count < most && !found.Exists(other => other.Envelope.MessageId == letter.Envelope.MessageId))
                found.Add(letter);
            return Task.FromResult(events.Count < most);
        }, cancellationToken);
        return [.. events.Concat(unreadable).Take(most)];
    }

    public async Task<int> ReplayAsync(DeadLetterOwner owner, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        var replayed = new HashSet<Guid>();
        await LookThroughAsync(async (channel, message, letter) =>
        {
            if (letter.IsUnreadable || !owner.Has(letter) || (ids.Count > 0 && !ids.Contains(letter.Envelope.MessageId)))
                return true;
            // Confirmed before the old one goes: a replay that dies in between repeats, it loses nothing.
            await channel.BasicPublishAsync(
                EventTopology.QueueOf(target.Name), "", mandatory: true, Again(message.BasicProperties), message.Body, cancellationToken);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellationToken);
            replayed.Add(letter.Envelope.MessageId);
            return true;
        }, cancellationToken);
        return replayed.Count;
    }

    public async Task<int> DiscardAsync(DeadLetterOwner owner, IReadOnlyCollection<Guid> ids, bool unreadable, CancellationToken cancellationToken)
    {
        var discarded = new HashSet<Guid>();
        await LookThroughAsync(async (channel, message, letter) =>
        {
            if (owner.Has(letter) && (ids.Contains(letter.Envelope.MessageId) || (unreadable && letter.IsUnreadable)))
            {
                await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellationToken);
                discarded.Add(letter.Envelope.MessageId);
            }

            return true;
        }, cancellationToken);
        return discarded.Count;
    }

    /// <param name="look">Says whether to go on.</param>
    private async Task LookThroughAsync(Func<IChannel, BasicGetResult, DeadLetter, Task<bool>> look, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await address.OpenAsync($"{target.Name} dead letters", cancellationToken);
            await using var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            var count = (long)Most;
            for (var seen = 0L; seen < count; seen++)
            {
                if (await channel.BasicGetAsync(EventTopology.DeadQueueOf(target.Name), autoAck: false, cancellationToken) is not { } message)
                    return;
                // Not what comes meanwhile, such as an event that was replayed and fails again.
                count = Math.Min(count, seen + 1 + message.MessageCount);
                if (!await look(channel, message, Read(message)))
                    return;
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

    private static DeadLetter Read(BasicGetResult message)
    {
        var headers = message.BasicProperties.Headers;
        string? Header(string name) => headers is not null && headers.TryGetValue(name, out var value) ? value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            null => null,
            var other => Convert.ToString(other, CultureInfo.InvariantCulture),
        } : null;
        Guid? known = Guid.TryParse(message.BasicProperties.MessageId, out var id) ? id : null;
        EventEnvelope envelope;
        try
        {
            envelope = EventWire.Read(known, Header, message.Body.Span);
        }
        catch (FormatException problem)
        {
            // Whatever it is, somebody has to see it before it can go.
            return Unreadable(problem, EventWire.MakeOut(known ?? IdOf(message), Header, message.Body.Span[..Math.Min(message.Body.Length, LongestUnreadable)]));
        }

        return new DeadLetter(
            DeadLetterPlace.Queue, envelope,
            Header(DeadLetterHeaders.Error) ?? "It cannot be read, or it kept ending the process or the connection that worked on it.",
            Header(DeadLetterHeaders.Consumers)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            int.TryParse(Header(DeadLetterHeaders.Attempts), NumberStyles.None, CultureInfo.InvariantCulture, out var attempts) ? attempts : 0,
            DateTimeOffset.TryParse(Header(DeadLetterHeaders.GivenUpAt), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var at) ? at : null);
    }

    private static DeadLetter Unreadable(FormatException problem, EventEnvelope envelope) =>
        new(DeadLetterPlace.Queue, envelope, $"It cannot be read: {problem.Message}", [], 0, null) { IsUnreadable = true };

    // The same at every look; equal messages share it, and go together.
    private static Guid IdOf(BasicGetResult message) => new(SHA256.HashData(
        [.. Encoding.UTF8.GetBytes(message.BasicProperties.MessageId ?? ""), 0, .. message.Body.Span]).AsSpan(0, 16));

    // The consumers that failed stay named, since it is for them alone: the others may have forgotten by now that they had it.
    private static BasicProperties Again(IReadOnlyBasicProperties old) => new()
    {
        MessageId = old.MessageId,
        ContentType = old.ContentType,
        DeliveryMode = DeliveryModes.Persistent,
        Headers = old.Headers?.Where(header => EventWire.IsHeader(header.Key) || header.Key == DeadLetterHeaders.Consumers).ToDictionary(),
    };
}
