using Relais.Channels.Connectors;
using Relais.Channels.Domain;
using Relais.Contracts;

namespace Relais.Channels.Talking;

/// <summary>A transaction, or a part in one, in which something is said in a conversation.</summary>
internal abstract class TalkTurn(ChannelCatalogue channels)
{
    /// <summary>Keeps the message; once it is durable, the channel carries it.</summary>
    public void Add(Conversation conversation, Message message)
    {
        Keep(message);
        AfterCommit(() =>
        {
            ChannelsTelemetry.Said(conversation.Channel, message.Author);
            channels.Find(conversation.Channel)?.Carry(conversation.Id);
        });
    }

    /// <inheritdoc cref="Common.Data.ServiceDb.Publish{TEvent}"/>
    public abstract void Publish<TEvent>(TEvent @event, DateTimeOffset at) where TEvent : IEvent;

    /// <inheritdoc cref="Common.Data.UnitOfWork{TDb}.AfterCommit"/>
    public abstract void AfterCommit(Action action);

    protected abstract void Keep(Message message);
}
