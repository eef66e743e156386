using System.Globalization;

namespace Relais.Faults;

/// <summary>A time for which an expert had a matter, or was asked whether they take it.</summary>
internal sealed record Holding(string ItemId, string ExpertId, long WeightParts, DateTimeOffset From, DateTimeOffset Until);

/// <summary>
/// Who had what when, recounted from every offer that was ever made: a matter is with one expert at a time, and nobody has
/// more than their capacity.
/// </summary>
internal static class Holdings
{
    private const long Accepted = 2;

    /// <returns>Violations with the ticket concerned.</returns>
    public static async Task<List<(string Text, string TicketId)>> CheckAsync(Databases databases, CancellationToken cancellationToken)
    {
        var capacities = (await databases.QueryAsync("routing", "SELECT \"Id\", \"CapacityParts\" FROM experts", cancellationToken))
            .ToDictionary(row => (string)row["Id"]!, row => (long)row["CapacityParts"]!, StringComparer.Ordinal);
        var holdings = await ReadAsync(databases, cancellationToken);
        var violations = new List<(string, string)>();
        foreach (var item in holdings.GroupBy(holding => holding.ItemId, StringComparer.Ordinal))
        {
            var inTurn = item.OrderBy(holding => holding.From).ToList();
            foreach (var (one, next) in inTurn.Zip(inTurn.Skip(1)).Where(pair => pair.Second.From < pair.First.Until))
                violations.Add((string.Create(CultureInfo.InvariantCulture, $"ticket {item.Key} was with {one.ExpertId} until {one.Until:O} and with {next.ExpertId} from {next.From:O}"), item.Key));
        }

        foreach (var expert in holdings.GroupBy(holding => holding.ExpertId, StringComparer.Ordinal))
        {
            var load = 0L;
            var changes = expert.SelectMany(holding => new[] { (At: holding.From, Parts: holding.WeightParts, holding.ItemId), (At: holding.Until, Parts: -holding.WeightParts, holding.ItemId) });
            foreach (var (at, parts, itemId) in changes.OrderBy(change => change.At).ThenBy(change => change.Parts))
            {
                load += parts;
                if (parts > 0 && load > capacities[expert.Key])
                    violations.Add((string.Create(CultureInfo.InvariantCulture, $"expert {expert.Key} had {load} parts of {capacities[expert.Key]} at {at:O} with ticket {itemId}"), itemId));
            }
        }

        return violations;
    }

    private static async Task<List<Holding>> ReadAsync(Databases databases, CancellationToken cancellationToken)
    {
        // An expert is free no earlier than the ticket says that it is resolved: the first time after they accepted it.
        var resolved = (await databases.QueryAsync(
                "tickets", "SELECT \"Key\", \"OccurredAt\" FROM outbox WHERE \"Name\" = 'relais.tickets.ticket-resolved.v1'", cancellationToken))
            .ToLookup(row => (string)row["Key"]!, row => Databases.Instant(row["OccurredAt"])!.Value, StringComparer.Ordinal);
        var offers = await databases.QueryAsync("routing", """
            SELECT o."ItemId", o."ExpertId", o."State", o."OfferedAt", o."SettledAt", i."WeightParts"
            FROM offers o JOIN work_items i ON i."Id" = o."ItemId"
            """, cancellationToken);
        return
        [
            .. from offer in offers
               let settled = Databases.Instant(offer["SettledAt"]) ?? DateTimeOffset.MaxValue
               let until = (long)offer["State"]! == Accepted
                   ? resolved[(string)offer["ItemId"]!].Where(at => at >= settled).DefaultIfEmpty(DateTimeOffset.MaxValue).Min()
                   : settled
               select new Holding((string)offer["ItemId"]!, (string)offer["ExpertId"]!, (long)offer["WeightParts"]!, Databases.Instant(offer["OfferedAt"])!.Value, until),
        ];
    }
}
