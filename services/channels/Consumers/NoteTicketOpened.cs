using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Talking;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;

namespace Relais.Channels.Consumers;

/// <summary>The ticket exists: the customer learns its number.</summary>
internal sealed class NoteTicketOpened(Inbox inbox, ChannelsDb db, Talk talk, TimeProvider clock) : EventConsumer<TicketOpened>(inbox)
{
    protected override Task HandleAsync(TicketOpened @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        conversation.TicketOpened(@event.Number);
        talk.Add(conversation, conversation.SystemSays(Phrases.For(conversation.Locale).TicketOpened(@event.Number), clock.Now()));
    }, cancellationToken);
}
