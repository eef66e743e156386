using Microsoft.EntityFrameworkCore;
using Relais.Contracts.Routing;
using Relais.Routing.Domain;

namespace Relais.Routing.Data;

/// <summary>Saves what the engine changed, with the events that tell of it, in the transaction that is under way.</summary>
internal static class ReactionWriter
{
    /// <exception cref="InvalidOperationException">What the database holds and what the engine decided do not fit together.</exception>
    public static async Task WriteAsync(RoutingDb db, Reaction reaction, CancellationToken cancellationToken)
    {
        if (reaction.Changes.Count == 0)
            return;
        var experts = await ExpertsAsync(db, reaction, cancellationToken);
        var (items, offers) = await WorkAsync(db, reaction, cancellationToken);
        var ordinal = 0;
        foreach (var change in reaction.Changes)
        {
            switch (change)
            {
                case Change.ProfileChanged changed:
                    var row = experts[changed.Expert.Id];
                    row.Take(changed.Expert.Profile);
                    row.Take(changed.Expert);
                    break;
                case Change.ExpertChanged changed:
                    experts[changed.Expert.Id].Take(changed.Expert);
                    break;
                case Change.ItemChanged changed:
                    items[changed.Item.Id].Take(changed.Item, reaction.At);
                    break;
                case Change.OfferMade made:
                    offers[made.Offer.Id] = Add(db, made);
                    Add(db, made.Decision, ordinal++);
                    break;
                case Change.Waits waits:
                    Add(db, waits.Decision, ordinal++);
                    break;
                case Change.OfferSettled settled:
                    Settle(db, offers[settled.Offer.Id], settled, experts, items[settled.Offer.ItemId].TraceParent);
                    break;
            }
        }

        foreach (var offer in offers.Values)
            offer.LiveItemId = items[offer.ItemId] is var item && offer.Lives(item.State, item.HolderId) ? offer.ItemId : null;
        // An offer changes its expert's row even where it leaves the load as it was: the row's revision is what two
        // writers meet at.
        foreach (var row in experts.Values.Where(row => db.Entry(row).State == EntityState.Unchanged))
            db.Entry(row).Property(r => r.Revision).IsModified = true;
        await db.SaveChangesAsync(cancellationToken);
        await CheckCapacityAsync(db, reaction, cancellationToken);
    }

    private static async Task<Dictionary<Guid, ExpertRow>> ExpertsAsync(RoutingDb db, Reaction reaction, CancellationToken cancellationToken)
    {
        var profiles = reaction.Changes.OfType<Change.ProfileChanged>().Select(change => change.Expert.Id).ToHashSet();
        var ids = reaction.Changes.OfType<Change.ExpertChanged>().Select(change => change.Expert.Id).Union(profiles).ToList();
        var query = profiles.Count > 0 ? db.Experts.Include(row => row.Skills) : db.Experts.AsQueryable();
        var rows = await query.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, cancellationToken);
        foreach (var id in profiles.Where(id => !rows.ContainsKey(id)))
            db.Experts.Add(rows[id] = new ExpertRow { Id = id });
        return rows;
    }

    private static async Task<(Dictionary<Guid, WorkItemRow> Items, Dictionary<Guid, OfferRow> Offers)> WorkAsync(
        RoutingDb db, Reaction reaction, CancellationToken cancellationToken)
    {
        var changed = reaction.Changes.OfType<Change.ItemChanged>().Select(change => change.Item).ToList();
        if (changed.Count == 0)
            return ([], []);
        var ids = changed.Select(item => item.Id).ToList();
        var live = changed.Select(item => (Guid?)item.Id).ToList();
        var items = await db.WorkItems.Where(row => ids.Contains(row.Id)).ToDictionaryAsync(row => row.Id, cancellationToken);
        foreach (var item in changed.Where(item => !items.ContainsKey(item.Id)))
            db.WorkItems.Add(items[item.Id] = WorkItemRow.Of(item));
        var offers = await db.Offers.Where(row => live.Contains(row.LiveItemId)).ToDictionaryAsync(row => row.Id, cancellationToken);
        return (items, offers);
    }

    private static OfferRow Add(RoutingDb db, Change.OfferMade made)
    {
        var row = OfferRow.Of(made.Offer, made.Decision.Id);
        db.Offers.Add(row);
        db.Publish(EventOf(made.Offer), made.Offer.OfferedAt, made.Item.Request.TraceParent);
        return row;
    }

    public static OfferMade EventOf(Offer offer) => new(offer.Id, offer.ItemId, offer.ExpertId, offer.ExpiresAt, offer.OfferedAt);

    private static void Add(RoutingDb db, Decision decision, int ordinal) => db.Decisions.Add(
        new DecisionRow { Id = decision.Id, ItemId = decision.ItemId, At = decision.At, Ordinal = ordinal, Decision = decision });

    private static void Settle(RoutingDb db, OfferRow row, Change.OfferSettled settled, Dictionary<Guid, ExpertRow> experts, string? matter)
    {
        (row.State, row.Reason, row.SettledAt) = (settled.State, settled.Reason, settled.At);
        var (offer, ticket, expert, at) = (row.Id, row.ItemId, row.ExpertId, settled.At);
        switch (settled.State)
        {
            case OfferState.Accepted:
                db.Publish(new OfferAccepted(offer, ticket, expert, experts[expert].DisplayName, at), at, matter);
                break;
            case OfferState.Declined:
                db.Publish(new OfferDeclined(offer, ticket, expert, settled.Reason, at), at, matter);
                break;
            case OfferState.Expired:
                db.Publish(new OfferExpired(offer, ticket, expert, at), at, matter);
                break;
            case OfferState.Rescinded:
                db.Publish(new OfferRescinded(offer, ticket, expert, settled.Reason, at), at, matter);
                break;
            case OfferState.Offered:
                throw new InvalidOperationException("An offer is settled as what it was.");
        }
    }

    // What the engine believes is checked against what the database holds, in the transaction that offers.
    private static async Task CheckCapacityAsync(RoutingDb db, Reaction reaction, CancellationToken cancellationToken)
    {
        var live = reaction.Changes.OfType<Change.OfferMade>()
            .Where(made => made.Item.State == ItemState.Offered && made.Item.Holder == made.Offer.ExpertId).ToList();
        if (live.Count == 0)
            return;
        var offered = live.Select(made => (Guid?)made.Offer.ExpertId).Distinct().ToList();
        var loads = await db.WorkItems.Where(item => offered.Contains(item.HolderId)).GroupBy(item => item.HolderId)
            .Select(held => new { ExpertId = held.Key, Parts = held.Sum(item => item.WeightParts) })
            .Join(db.Experts, load => load.ExpertId, expert => expert.Id, (load, expert) => new { expert.Id, load.Parts, expert.CapacityParts, expert.LoadParts })
            .ToListAsync(cancellationToken);
        foreach (var load in loads)
        {
            if (load.Parts > load.CapacityParts || load.Parts != load.LoadParts)
            {
                throw new InvalidOperationException(
                    $"Expert {load.Id} would hold {load.Parts} parts of {load.CapacityParts}, and memory says {load.LoadParts}.");
            }
        }
    }
}
