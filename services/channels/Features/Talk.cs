using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Common.Data;

namespace Relais.Channels.Features;

/// <summary>Adds messages to a conversation within a unit of work; once they are durable, the channel carries them.</summary>
internal sealed class Talk(ChannelsDb db, UnitOfWork<ChannelsDb> unit, ChannelCatalogue channels)
{
    public void Add(Conversation conversation, params ReadOnlySpan<Message> messages)
    {
        foreach (var message in messages)
            db.Messages.Add(message);
        if (channels.Find(conversation.Channel) is { } channel)
            unit.AfterCommit(() => channel.Carry(conversation.Id));
    }
}
