using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Talking;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;

namespace Relais.Channels.Consumers;

/// <summary>An expert's answer reaches the customer.</summary>
internal sealed class CarryReply(Inbox inbox, ChannelsDb db, Talk talk, TimeProvider clock) : EventConsumer<TicketReplied>(inbox)
{
    protected override Task HandleAsync(TicketReplied @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        talk.Add(conversation, conversation.ExpertSays(@event.ReplyId, @event.ExpertName, @event.Text, clock.Now()));
    }, cancellationToken);
}
