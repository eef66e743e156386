using Microsoft.EntityFrameworkCore;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Matching;

namespace Relais.Routing.Shards;

/// <summary>Reads a tenant's engine from the database.</summary>
internal static class ShardReader
{
    /// <param name="policy">What counts where the tenant has written nothing.</param>
    /// <param name="idleShare">Of the engine that was in memory before; null when there was none.</param>
    /// <returns>The engine, and what it changed when it took over: that has to be saved with whatever it decides first.</returns>
    public static async Task<(MatchingEngine Engine, Reaction Restored)> ReadAsync(
        RoutingDb db, RoutingPolicy policy, DateTimeOffset now, IdleShare? idleShare, CancellationToken cancellationToken)
    {
        var items = await OpenAsync(db, cancellationToken);
        return await ReadAsync(db, policy, now, idleShare, items, place: true, cancellationToken);
    }

    /// <summary>
    /// An engine for questions, which places nothing. It knows how busy it has been where this replica decides for the
    /// tenant; elsewhere, how busy it is.
    /// </summary>
    public static async Task<MatchingEngine> CopyAsync(RoutingDb db, ShardTable table, DateTimeOffset now, CancellationToken cancellationToken) =>
        await CopyAsync(db, table, now, await OpenAsync(db, cancellationToken), cancellationToken);

    /// <summary>The same with everybody and what they hold, but of what waits one matter alone; for questions about that one.</summary>
    public static async Task<MatchingEngine> CopyAroundAsync(RoutingDb db, ShardTable table, DateTimeOffset now, Guid item, CancellationToken cancellationToken)
    {
        var items = await db.WorkItems.AsNoTracking().Where(row => row.HolderId != null || (row.Id == item && row.State == ItemState.Waiting)).ToListAsync(cancellationToken);
        return await CopyAsync(db, table, now, items, cancellationToken);
    }

    private static async Task<MatchingEngine> CopyAsync(RoutingDb db, ShardTable table, DateTimeOffset now, List<WorkItemRow> items, CancellationToken cancellationToken) =>
        (await ReadAsync(db, table.Policy, now, table.IdleShareOf(db.TenantId!, now), items, place: false, cancellationToken)).Engine;

    private static Task<List<WorkItemRow>> OpenAsync(RoutingDb db, CancellationToken cancellationToken) =>
        db.WorkItems.AsNoTracking().Where(row => row.ClosedAt == null && row.State != ItemState.Closed).ToListAsync(cancellationToken);

    private static async Task<(MatchingEngine Engine, Reaction Restored)> ReadAsync(
        RoutingDb db, RoutingPolicy policy, DateTimeOffset now, IdleShare? idleShare, List<WorkItemRow> items, bool place, CancellationToken cancellationToken)
    {
        var experts = await db.Experts.AsNoTracking().Include(row => row.Skills).ToListAsync(cancellationToken);
        var offers = await db.Offers.AsNoTracking().Where(row => row.LiveItemId != null && row.State == OfferState.Offered).ToListAsync(cancellationToken);
        var book = await db.BookAsync(policy, cancellationToken);
        var engine = new MatchingEngine(book.Policy, at => Guid.CreateVersion7(at), idleShare);
        var restored = engine.Restore(
            experts.Select(row => row.ToExpert(book, now)), items.Select(row => row.ToItem(book)), offers.Select(row => row.ToOffer()), now, place);
        return (engine, restored);
    }
}
