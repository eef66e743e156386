using Microsoft.EntityFrameworkCore;
using Relais.Routing.Data;
using Relais.Routing.Domain;

namespace Relais.Routing.Shards;

/// <summary>Reads a tenant's engine from the database.</summary>
internal static class ShardReader
{
    /// <param name="policy">What counts where the tenant has written nothing.</param>
    /// <returns>The engine, and what it changed when it took over: that has to be saved with whatever it decides first.</returns>
    public static async Task<(MatchingEngine Engine, Reaction Restored)> ReadAsync(
        RoutingDb db, RoutingPolicy policy, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var experts = await db.Experts.AsNoTracking().Include(row => row.Skills).ToListAsync(cancellationToken);
        var items = await db.WorkItems.AsNoTracking().Where(row => row.ClosedAt == null && row.State != ItemState.Closed).ToListAsync(cancellationToken);
        var offers = await db.Offers.AsNoTracking().Where(row => row.LiveItemId != null && row.State == OfferState.Offered).ToListAsync(cancellationToken);
        var book = await db.BookAsync(policy, cancellationToken);
        var engine = new MatchingEngine(book.Policy, at => Guid.CreateVersion7(at));
        var restored = engine.Restore(
            experts.Select(row => row.ToExpert(book, now)), items.Select(row => row.ToItem(book)), offers.Select(row => row.ToOffer()), now);
        return (engine, restored);
    }
}
