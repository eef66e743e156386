using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Talking;
using Relais.Common.Messaging;
using Relais.Contracts.Tickets;

namespace Relais.Channels.Consumers;

/// <summary>The matter is settled, until the customer writes again.</summary>
internal sealed class NoteTicketResolved(Inbox inbox, ChannelsDb db, Talk talk, TimeProvider clock) : EventConsumer<TicketResolved>(inbox)
{
    protected override Task HandleAsync(TicketResolved @event, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        conversation.TicketResolved();
        talk.Add(conversation, conversation.SystemSays(Phrases.For(conversation.Locale).TicketResolved(@event.Number), clock.Now()));
    }, cancellationToken);
}
