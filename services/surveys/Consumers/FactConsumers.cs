using Relais.Common.Messaging;
using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;
using Relais.Surveys.Data;

namespace Relais.Surveys.Consumers;

/// <summary>Hands an event to the facts that the figures are computed from. One class for each event, since each names its queue.</summary>
internal abstract class FactConsumer<TEvent>(FactLog facts, Inbox inbox) : EventConsumer<TEvent>(inbox)
    where TEvent : class, IEvent
{
    protected override Task HandleAsync(TEvent @event, CancellationToken cancellationToken) => facts.NoteAsync(Delivery, @event, cancellationToken);
}

internal sealed class CountConversationStarted(FactLog facts, Inbox inbox) : FactConsumer<ConversationStarted>(facts, inbox);

internal sealed class CountCustomerMessageReceived(FactLog facts, Inbox inbox) : FactConsumer<CustomerMessageReceived>(facts, inbox)
{
    // What is said to a person changes no figure: that conversation can no longer be abandoned.
    protected override Task HandleAsync(CustomerMessageReceived @event, CancellationToken cancellationToken) =>
        @event.TicketId is null ? base.HandleAsync(@event, cancellationToken) : Task.CompletedTask;
}

internal sealed class CountAssistantReplied(FactLog facts, Inbox inbox) : FactConsumer<AssistantReplied>(facts, inbox);

internal sealed class CountConversationSolved(FactLog facts, Inbox inbox) : FactConsumer<ConversationSolved>(facts, inbox);

internal sealed class CountExpertRequested(FactLog facts, Inbox inbox) : FactConsumer<ExpertRequested>(facts, inbox);

internal sealed class CountTicketOpened(FactLog facts, Inbox inbox) : FactConsumer<TicketOpened>(facts, inbox);

internal sealed class CountTicketReplied(FactLog facts, Inbox inbox) : FactConsumer<TicketReplied>(facts, inbox);

internal sealed class CountTicketResolved(FactLog facts, Inbox inbox) : FactConsumer<TicketResolved>(facts, inbox);

internal sealed class CountTicketReopened(FactLog facts, Inbox inbox) : FactConsumer<TicketReopened>(facts, inbox);

internal sealed class CountOfferAccepted(FactLog facts, Inbox inbox) : FactConsumer<OfferAccepted>(facts, inbox);
