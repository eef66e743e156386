using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Talking;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;

namespace Relais.Channels.Consumers;

/// <summary>An expert has the ticket: the customer learns who.</summary>
internal sealed class NoteTicketAssigned(Inbox inbox, ChannelsDb db, Talk talk, TimeProvider clock) : EventConsumer<TicketAssigned>(inbox)
{
    protected override Task HandleAsync(TicketAssigned @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        talk.Add(conversation, conversation.SystemSays(Phrases.For(conversation.Locale).TicketAssigned(@event.ExpertName), clock.Now()));
    }, cancellationToken);
}
