namespace Relais.Faults;

/// <summary>Which consumers take note of an event of the main job, each in the inbox of its service.</summary>
internal static class Effects
{
    private const string Facts = "Facts";
    private const string CustomerMessage = "relais.channels.customer-message-received.v1";
    private const string Solved = "relais.channels.conversation-solved.v1";

    private static readonly Dictionary<string, (string Service, string Consumer)[]> ByEvent = new(StringComparer.Ordinal)
    {
        ["relais.identity.staff-member-added.v1"] = [("routing", "MirrorAddedStaff")],
        ["relais.identity.staff-member-changed.v1"] = [("routing", "MirrorChangedStaff")],
        ["relais.channels.conversation-started.v1"] = [("surveys", Facts)],
        ["relais.channels.assistant-replied.v1"] = [("surveys", Facts)],
        [Solved] = [("tickets", "ResolveOnConversationSolved"), ("surveys", Facts)],
        ["relais.channels.expert-requested.v1"] = [("tickets", "OpenTicketOnExpertRequested"), ("surveys", Facts)],
        ["relais.tickets.ticket-opened.v1"] = [("channels", "NoteTicketOpened"), ("routing", "QueueOpenedTicket"), ("surveys", Facts)],
        ["relais.tickets.ticket-assigned.v1"] = [("channels", "NoteTicketAssigned"), ("routing", "SettleAssignedTicket")],
        ["relais.tickets.ticket-replied.v1"] = [("channels", "CarryReply"), ("surveys", Facts)],
        ["relais.tickets.ticket-resolved.v1"] =
            [("channels", "NoteTicketResolved"), ("routing", "ReleaseResolvedTicket"), ("surveys", Facts), ("surveys", "SendSurveyOnTicketResolved")],
        ["relais.tickets.ticket-reopened.v1"] = [("channels", "NoteTicketReopened"), ("routing", "QueueReopenedTicket"), ("surveys", Facts)],
        ["relais.routing.offer-accepted.v1"] = [("tickets", "AssignOnOfferAccepted"), ("surveys", Facts)],
        ["relais.surveys.survey-sent.v1"] = [("channels", "CarrySurvey")],
    };

    /// <summary>The targets with a queue, and the events that reach it.</summary>
    public static IReadOnlyDictionary<string, string[]> ByTarget { get; } = ByEvent
        .SelectMany(entry => entry.Value.Select(effect => (effect.Service, Event: entry.Key))).Distinct()
        .GroupBy(entry => entry.Service, entry => entry.Event, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);

    /// <param name="toPerson">Of what a customer said or confirmed: whether a person had the conversation.</param>
    public static (string Service, string Consumer)[] Of(string @event, bool toPerson) => @event switch
    {
        CustomerMessage => toPerson ? [("tickets", "ContinueThreadOnCustomerMessageReceived")] : [("channels", "AnswerCustomerMessage"), ("surveys", Facts)],
        Solved when !toPerson => [("surveys", Facts)],
        _ => ByEvent.GetValueOrDefault(@event, []),
    };

    /// <summary>The targets at which an event has some effect.</summary>
    public static IEnumerable<string> TargetsOf(string @event) =>
        Of(@event, toPerson: true).Concat(Of(@event, toPerson: false)).Select(effect => effect.Service).Distinct();
}
