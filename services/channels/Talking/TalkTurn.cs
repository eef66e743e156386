using System.Diagnostics;
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

    /// <summary>Publishes an event of the conversation, in the trace that the first of them began.</summary>
    public void Publish<TEvent>(Conversation conversation, TEvent @event, DateTimeOffset at) where TEvent : IEvent
    {
        conversation.Follow(Cause?.Id);
        Publish(@event, at, conversation.TraceParent);
    }

    /// <inheritdoc cref="Common.Data.UnitOfWork{TDb}.AfterCommit"/>
    public abstract void AfterCommit(Action action);

    /// <summary>The request or delivery that says something; null for none.</summary>
    protected abstract Activity? Cause { get; }

    protected abstract void Keep(Message message);

    /// <inheritdoc cref="Common.Data.ServiceDb.Publish{TEvent}"/>
    protected abstract void Publish<TEvent>(TEvent @event, DateTimeOffset at, string? matter) where TEvent : IEvent;
}
