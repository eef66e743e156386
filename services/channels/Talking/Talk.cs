using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Common.Data;

namespace Relais.Channels.Features;

/// <summary>Adds messages to a conversation within a unit of work; once they are durable, the channel carries them.</summary>
internal sealed class Talk(ChannelsDb db, UnitOfWork<ChannelsDb> unit, ChannelCatalogue channels)
{
    public void Add(Conversation conversation, Message message)
    {
        db.Messages.Add(message);
        unit.AfterCommit(() =>
        {
            ChannelsTelemetry.Said(conversation.Channel, message.Author);
            channels.Find(conversation.Channel)?.Carry(conversation.Id);
        });
    }
}
