using System.Text.Json.Nodes;

namespace Relais.Faults;

/// <summary>An offer as routing keeps it.</summary>
/// <param name="IsByHand">Whether a supervisor gave the matter, so that nobody was asked.</param>
internal sealed record Offer(
    string Id, string ItemId, string ExpertId, long State, string Reason, DateTimeOffset OfferedAt, DateTimeOffset? SettledAt, long WeightParts, bool IsByHand)
{
    public const long Accepted = 2;
    public const long Declined = 3;
}

/// <summary>
/// What became of every offer that was ever made, and of what experts and supervisors were told: each offer is settled once,
/// nobody is asked again who declined, and what was given by hand stays with whom it was given to.
/// </summary>
internal static class Offers
{
    // By the state of an offer.
    private static readonly Dictionary<long, string> Settling = new()
    {
        [Offer.Accepted] = "relais.routing.offer-accepted.v1",
        [Offer.Declined] = "relais.routing.offer-declined.v1",
        [4] = "relais.routing.offer-expired.v1",
        [5] = "relais.routing.offer-rescinded.v1",
    };

    public static async Task<List<Offer>> ReadAsync(Databases databases, CancellationToken cancellationToken) =>
    [
        .. (await databases.QueryAsync("routing", """
            SELECT o."Id", o."ItemId", o."ExpertId", o."State", o."Reason", o."OfferedAt", o."SettledAt", i."WeightParts", d."Decision"
            FROM offers o JOIN work_items i ON i."Id" = o."ItemId" JOIN decisions d ON d."Id" = o."DecisionId"
            """, cancellationToken)).Select(row => new Offer(
                (string)row["Id"]!, (string)row["ItemId"]!, (string)row["ExpertId"]!, (long)row["State"]!, (string)row["Reason"]!,
                Databases.Instant(row["OfferedAt"])!.Value, Databases.Instant(row["SettledAt"]), (long)row["WeightParts"]!,
                IsByHand: (string)JsonNode.Parse((string)row["Decision"]!)!["trigger"]! == "forced")),
    ];

    /// <param name="records">Of the load that has just ended.</param>
    /// <returns>Violations with the ticket concerned.</returns>
    public static async Task<List<(string Text, string TicketId)>> CheckAsync(
        Databases databases, IEnumerable<ConversationRecord> records, CancellationToken cancellationToken)
    {
        var offers = await ReadAsync(databases, cancellationToken);
        var violations = new List<(string, string)>();
        violations.AddRange(await CheckSettledAsync(databases, offers, cancellationToken));
        violations.AddRange(await CheckDeclinedAsync(databases, offers, cancellationToken));
        var byTicket = offers.ToLookup(offer => offer.ItemId, StringComparer.Ordinal);
        foreach (var record in records.Where(record => record.TicketId is not null))
        {
            var ticketId = record.TicketId!;
            var found = CheckDeclines(record, byTicket[ticketId]).Concat(await CheckReassignmentsAsync(databases, record, byTicket[ticketId], cancellationToken));
            violations.AddRange(found.Select(text => (text, ticketId)));
        }

        return violations;
    }

    private static async Task<List<(string Text, string TicketId)>> CheckSettledAsync(Databases databases, List<Offer> offers, CancellationToken cancellationToken)
    {
        var told = (await EventsAsync(databases, "routing", $"\"Name\" IN ('{string.Join("', '", Settling.Values)}')", cancellationToken))
            .ToLookup(@event => (string)@event.Content["offerId"]!, @event => @event.Name, StringComparer.Ordinal);
        return
        [
            .. from offer in offers
               let right = Settling.GetValueOrDefault(offer.State)
               where right is null || told[offer.Id].ToList() is not [var only] || only != right
               select ($"offer {offer.Id} is in state {offer.State}, and its events are: {string.Join(", ", told[offer.Id])}", offer.ItemId),
        ];
    }

    // The demo has no policy, and without one nobody is offered again what they declined.
    private static async Task<List<(string Text, string TicketId)>> CheckDeclinedAsync(Databases databases, List<Offer> offers, CancellationToken cancellationToken)
    {
        var remembered = (await databases.QueryAsync("routing", "SELECT \"Id\", \"DeclinedBy\" FROM work_items", cancellationToken))
            .ToDictionary(row => (string)row["Id"]!, row => (string)row["DeclinedBy"]!, StringComparer.Ordinal);
        var violations = new List<(string, string)>();
        foreach (var declined in offers.Where(offer => offer.State == Offer.Declined))
        {
            if (!remembered[declined.ItemId].Contains(declined.ExpertId, StringComparison.Ordinal))
                violations.Add(($"it is forgotten that {declined.ExpertId} declined ticket {declined.ItemId}", declined.ItemId));
            foreach (var again in offers.Where(other => other.ItemId == declined.ItemId && other.ExpertId == declined.ExpertId && other.Id != declined.Id && !other.IsByHand && other.OfferedAt >= declined.SettledAt))
                violations.Add(($"ticket {declined.ItemId} was offered again, by {again.Id}, to {declined.ExpertId}, who had declined it", declined.ItemId));
        }

        return violations;
    }

    private static IEnumerable<string> CheckDeclines(ConversationRecord record, IEnumerable<Offer> offers)
    {
        var declined = offers.Where(offer => offer.State == Offer.Declined).ToDictionary(offer => offer.Id, StringComparer.Ordinal);
        foreach (var decline in record.Declines)
        {
            var row = declined.GetValueOrDefault(decline.OfferId);
            declined.Remove(decline.OfferId);
            if (row is null ? decline.IsAcknowledged : (row.ExpertId, row.Reason) != (decline.ExpertId, decline.Reason))
                yield return $"{decline} is kept as: {row?.ToString() ?? "not declined"}";
        }

        foreach (var row in declined.Values)
            yield return $"nobody declined this: {row}";
    }

    private static async Task<List<string>> CheckReassignmentsAsync(
        Databases databases, ConversationRecord record, IEnumerable<Offer> offers, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        var accepted = offers.Where(offer => offer.State == Offer.Accepted).OrderBy(offer => offer.SettledAt).ToList();
        var given = accepted.Where(offer => offer.IsByHand).ToList();
        if (!given.Select(offer => (offer.Id, offer.ExpertId)).ToHashSet().SetEquals(record.Reassignments.Select(done => (done.OfferId, done.ToExpertId))))
            found.Add($"given by hand: {string.Join(", ", record.Reassignments)}; kept as given: {string.Join(", ", given)}");
        found.AddRange(record.Reassignments.Where(done => !done.IsFree).Select(done => $"{done.FromExpertId} was held by what they had no more: {done}"));
        if (given.Count == 0)
            return found;
        var events = await EventsAsync(databases, "tickets", $"\"Key\" = '{record.TicketId}'", cancellationToken);
        foreach (var offer in given)
        {
            var from = record.Reassignments.FirstOrDefault(done => done.OfferId == offer.Id)?.FromExpertId;
            if (accepted.LastOrDefault(other => other.SettledAt < offer.SettledAt)?.ExpertId != from)
                found.Add($"offer {offer.Id} took the matter from somebody else than {from}");
            if (events.Count(@event => @event.Name == "relais.tickets.ticket-assigned.v1" && At(@event.Content) == offer.SettledAt && (string)@event.Content["expertId"]! == offer.ExpertId) is not 1 and var times)
                found.Add($"the ticket became that of {offer.ExpertId} by offer {offer.Id} {times} times");
            var resolved = events.Where(@event => @event.Name == "relais.tickets.ticket-resolved.v1" && At(@event.Content) >= offer.SettledAt)
                .OrderBy(@event => At(@event.Content)).Select(@event => @event.Content).FirstOrDefault();
            if (resolved is not null && (string?)resolved["expertId"] != offer.ExpertId)
                found.Add($"given to {offer.ExpertId}, it was resolved as that of {resolved["expertId"]}");
        }

        if (await databases.CountAsync("routing", $"""
                SELECT COUNT(*) FROM routing_audit
                WHERE "Action" = 'assigned' AND "Subject" = (SELECT "Number" FROM work_items WHERE {Databases.Is("Id", record.TicketId!)})
                """, cancellationToken) is var noted && noted != given.Count)
            found.Add($"it was given by hand {given.Count} times, and that is noted {noted} times");
        return found;

        static DateTimeOffset At(JsonObject content) => Databases.Instant(content["at"])!.Value;
    }

    private static async Task<List<(string Name, JsonObject Content)>> EventsAsync(Databases databases, string service, string condition, CancellationToken cancellationToken) =>
    [
        .. (await databases.QueryAsync(service, $"SELECT \"Name\", \"Payload\" FROM outbox WHERE {condition}", cancellationToken))
            .Select(row => ((string)row["Name"]!, JsonNode.Parse((string)row["Payload"]!)!.AsObject())),
    ];
}
