using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Simulation;

namespace Relais.Routing.Features.Policies;

/// <summary>Reads a tenant's matters of a period as something that can be routed again.</summary>
internal sealed class HistoryReader(RoutingDb db)
{
    // Where nobody has had anything in hand yet.
    private static readonly TimeSpan UsualHandle = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <param name="most">The oldest are left out beyond it.</param>
    public async Task<IReadOnlyList<PastMatter>> ReadAsync(DateTimeOffset since, int most, CancellationToken cancellationToken)
    {
        var rows = await db.WorkItems.AsNoTracking().Where(row => row.QueuedSince >= since).OrderByDescending(row => row.QueuedSince).Take(most)
            .ToListAsync(cancellationToken);
        if (rows.Count == most)
            since = rows[^1].QueuedSince;
        var accepted = await db.Offers.AsNoTracking().Where(row => row.State == OfferState.Accepted && row.OfferedAt >= since)
            .Select(row => new { row.ItemId, row.SettledAt }).ToListAsync(cancellationToken);
        return Of(rows, accepted.Where(offer => offer.SettledAt is not null).GroupBy(offer => offer.ItemId)
            .ToDictionary(offers => offers.Key, offers => offers.Max(offer => offer.SettledAt!.Value)));
    }

    /// <summary>When the tenant's first matter came that is still known; null where there is none.</summary>
    public Task<DateTimeOffset?> BeginsAsync(CancellationToken cancellationToken) =>
        db.WorkItems.OrderBy(row => row.QueuedSince).Select(row => (DateTimeOffset?)row.QueuedSince).FirstOrDefaultAsync(cancellationToken);

    /// <summary>The channel and the moment of everything that came since then, read one by one.</summary>
    public async IAsyncEnumerable<(string Channel, DateTimeOffset At)> ArrivalsAsync(DateTimeOffset since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var arrivals = db.WorkItems.Where(row => row.QueuedSince >= since).Select(row => new { row.Channel, row.QueuedSince }).AsAsyncEnumerable();
        await foreach (var arrival in arrivals.WithCancellation(cancellationToken))
            yield return (arrival.Channel, arrival.QueuedSince);
    }

    /// <param name="accepted">When each matter was last accepted.</param>
    public static IReadOnlyList<PastMatter> Of(IReadOnlyList<WorkItemRow> rows, IReadOnlyDictionary<Guid, DateTimeOffset> accepted)
    {
        var measured = rows.Select(row => (row.Channel, Handle: HandleOf(row))).Where(one => one.Handle is not null).Select(one => (one.Channel, Handle: one.Handle!.Value)).ToList();
        var usual = Median(measured.Select(one => one.Handle)) ?? UsualHandle;
        var byChannel = measured.GroupBy(one => one.Channel, StringComparer.Ordinal)
            .ToDictionary(channel => channel.Key, channel => Median(channel.Select(one => one.Handle))!.Value, StringComparer.Ordinal);
        return
        [
            .. rows.OrderBy(row => row.QueuedSince).ThenBy(row => row.Id).Select(row => new PastMatter(
                row.ToRequest(), TargetOf(row), HandleOf(row) ?? byChannel.GetValueOrDefault(row.Channel, usual), PatienceOf(row))
                {
                    Measured = HandleOf(row),
                    Waited = accepted.TryGetValue(row.Id, out var taken) ? AtLeast(taken - BeginOf(row)) : null,
                }),
        ];

        TimeSpan? HandleOf(WorkItemRow row) => row.ClosedAt is { } closed && accepted.TryGetValue(row.Id, out var from) && closed >= from
            ? AtLeast(closed - from)
            : null;

        // Settled without anybody having had it.
        TimeSpan? PatienceOf(WorkItemRow row) => row.ClosedAt is { } closed && !accepted.ContainsKey(row.Id) ? AtLeast(closed - row.QueuedSince) : null;
    }

    private static TimeSpan AtLeast(TimeSpan measured) => measured > Least ? measured : Least;

    // A reopening, which names whom it prefers, has set another due time.
    private static TimeSpan TargetOf(WorkItemRow row)
    {
        var target = row.DueAt - BeginOf(row);
        return target > TimeSpan.Zero ? target : TimeSpan.Zero;
    }

    private static DateTimeOffset BeginOf(WorkItemRow row) => row.PreferredExpertId is null ? row.QueuedSince : row.WaitingSince;

    private static TimeSpan? Median(IEnumerable<TimeSpan> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[sorted.Count / 2];
    }
}
