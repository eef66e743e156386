using Relais.Contracts.Channels;
using Relais.Contracts.Identity;
using Relais.Contracts.Routing;
using Relais.Contracts.Surveys;
using Relais.Contracts.Tickets;

namespace Relais.Contracts;

/// <summary>
/// Which target takes which events. Publishers have its queues made before they publish, so that an event is kept for a
/// target that has never started yet. A target that takes another event adds it here.
/// </summary>
public static class EventSubscribers
{
    /// <summary>Wire names by target, without what is only for the memory of each replica.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Durable { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        ["channels"] =
        [
            CustomerMessageReceived.WireName, TicketOpened.WireName, TicketAssigned.WireName, TicketReplied.WireName,
            TicketResolved.WireName, TicketReopened.WireName, SurveySent.WireName,
        ],
        ["routing"] =
        [
            StaffMemberAdded.WireName, StaffMemberChanged.WireName, TicketOpened.WireName, TicketReopened.WireName,
            TicketAssigned.WireName, TicketResolved.WireName,
        ],
        ["surveys"] =
        [
            ConversationStarted.WireName, CustomerMessageReceived.WireName, AssistantReplied.WireName, ConversationSolved.WireName,
            ExpertRequested.WireName, TicketOpened.WireName, TicketReplied.WireName, TicketResolved.WireName, TicketReopened.WireName,
            OfferAccepted.WireName,
        ],
        ["tickets"] =
        [
            ExpertRequested.WireName, CustomerMessageReceived.WireName, ConversationSolved.WireName, OfferAccepted.WireName,
        ],
    };
}
