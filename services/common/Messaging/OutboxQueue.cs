using System.Threading.Channels;

namespace Relais.Common.Messaging;

/// <summary>Hands committed events to the relay without a look into the database.</summary>
public sealed class OutboxQueue
{
    private readonly Channel<IReadOnlyList<OutboxMessage>> committed =
        Channel.CreateUnbounded<IReadOnlyList<OutboxMessage>>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>As whom this replica publishes.</summary>
    internal Guid Owner { get; } = Guid.NewGuid();

    internal ChannelReader<IReadOnlyList<OutboxMessage>> Reader => committed.Reader;

    internal void Add(IReadOnlyList<OutboxMessage> messages)
    {
        if (messages.Count > 0)
            committed.Writer.TryWrite(messages);
    }
}
