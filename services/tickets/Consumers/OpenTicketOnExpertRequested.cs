using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Tickets.Features;

namespace Relais.Tickets.Consumers;

/// <summary>A conversation that goes to a person becomes a ticket.</summary>
internal sealed class OpenTicketOnExpertRequested(OpenTicket openTicket, Inbox inbox) : EventConsumer<ExpertRequested>(inbox)
{
    protected override Task HandleAsync(ExpertRequested @event, CancellationToken cancellationToken) =>
        OnceAsync(ct => openTicket.HandleAsync(@event, ct), cancellationToken);
}
