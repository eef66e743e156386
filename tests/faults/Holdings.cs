using System.Globalization;

namespace Relais.Faults;

/// <summary>A time for which an expert had a matter, or was asked whether they take it.</summary>
/// <param name="IsByHand">Whether a supervisor gave it to them, whatever room they had.</param>
internal sealed record Holding(string ItemId, string ExpertId, long WeightParts, bool IsByHand, DateTimeOffset From, DateTimeOffset Until);

/// <summary>
/// Who had what when, recounted from every offer that was ever made: a matter is with one expert at a time, and nobody is
/// offered more than their capacity.
/// </summary>
internal static class Holdings
{
    /// <returns>Violations with the ticket concerned.</returns>
    public static async Task<List<(string Text, string TicketId)>> CheckAsync(Databases databases, CancellationToken cancellationToken)
    {
        var capacities = (await databases.QueryAsync("routing", "SELECT \"Id\", \"CapacityParts\" FROM experts", cancellationToken))
            .ToDictionary(row => (string)row["Id"]!, row => (long)row["CapacityParts"]!, StringComparer.Ordinal);
        var holdings = await ReadAsync(databases, await Offers.ReadAsync(databases, cancellationToken), cancellationToken);
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
            var changes = expert.SelectMany(holding => new[] { (At: holding.From, Parts: holding.WeightParts, holding.ItemId, holding.IsByHand), (At: holding.Until, Parts: -holding.WeightParts, holding.ItemId, holding.IsByHand) });
            foreach (var (at, parts, itemId, isByHand) in changes.OrderBy(change => change.At).ThenBy(change => change.Parts))
            {
                load += parts;
                if (parts > 0 && !isByHand && load > capacities[expert.Key])
                    violations.Add((string.Create(CultureInfo.InvariantCulture, $"expert {expert.Key} had {load} parts of {capacities[expert.Key]} at {at:O} with ticket {itemId}"), itemId));
            }
        }

        return violations;
    }

    private static async Task<List<Holding>> ReadAsync(Databases databases, List<Offer> offers, CancellationToken cancellationToken)
    {
        // An expert is free no earlier than the ticket says that it is resolved, the first time after they accepted it, or a
        // supervisor gives it to somebody else.
        var ends = (await databases.QueryAsync(
                "tickets", "SELECT \"Key\", \"OccurredAt\" FROM outbox WHERE \"Name\" = 'relais.tickets.ticket-resolved.v1'", cancellationToken))
            .Select(row => (ItemId: (string)row["Key"]!, At: Databases.Instant(row["OccurredAt"])!.Value))
            .ToLookup(end => end.ItemId, end => end.At, StringComparer.Ordinal);
        var byHand = offers.Where(offer => offer.IsByHand).ToLookup(offer => offer.ItemId, StringComparer.Ordinal);
        return
        [
            .. from offer in offers
               let settled = offer.SettledAt ?? DateTimeOffset.MaxValue
               let until = offer.State == Offer.Accepted
                   ? ends[offer.ItemId].Concat(byHand[offer.ItemId].Where(other => other.Id != offer.Id).Select(other => other.OfferedAt))
                       .Where(at => at >= settled).DefaultIfEmpty(DateTimeOffset.MaxValue).Min()
                   : settled
               select new Holding(offer.ItemId, offer.ExpertId, offer.WeightParts, offer.IsByHand, offer.OfferedAt, until),
        ];
    }
}
