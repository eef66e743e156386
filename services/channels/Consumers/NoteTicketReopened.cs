using Relais.Channels.Data;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;

namespace Relais.Channels.Consumers;

/// <summary>An expert is needed again.</summary>
internal sealed class NoteTicketReopened(Inbox inbox, ChannelsDb db) : EventConsumer<TicketReopened>(inbox)
{
    protected override Task HandleAsync(TicketReopened @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        conversation.TicketReopened();
    }, cancellationToken);
}
