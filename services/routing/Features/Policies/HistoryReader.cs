using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Simulation;

namespace Relais.Routing.Features.Policies;

/// <summary>Reads a tenant's matters of a period as something that can be routed again.</summary>
internal sealed class HistoryReader(RoutingDb db)
{
    // Where nobody has had anything in hand yet.
    private static readonly TimeSpan UsualHandle = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <param name="book">By whose groups and hours waits are measured.</param>
    /// <param name="most">The oldest are left out beyond it.</param>
    public async Task<IReadOnlyList<PastMatter>> ReadAsync(RoutingBook book, DateTimeOffset since, int most, CancellationToken cancellationToken)
    {
        var rows = await db.WorkItems.AsNoTracking().Where(row => row.QueuedSince >= since).OrderByDescending(row => row.QueuedSince).Take(most)
            .ToListAsync(cancellationToken);
        if (rows.Count == most)
            since = rows[^1].QueuedSince;
        var accepted = await db.Offers.AsNoTracking().Where(row => row.State == OfferState.Accepted && row.OfferedAt >= since)
            .Select(row => new { row.ItemId, row.SettledAt }).ToListAsync(cancellationToken);
        return Of(rows, accepted.Where(offer => offer.SettledAt is not null).GroupBy(offer => offer.ItemId)
            .ToDictionary(offers => offers.Key, offers => offers.Max(offer => offer.SettledAt!.Value)), book);
    }

    /// <summary>When the tenant's first matter came that is still known; null where there is none.</summary>
    public Task<DateTimeOffset?> BeginsAsync(CancellationToken cancellationToken) =>
        db.WorkItems.OrderBy(row => row.QueuedSince).Select(row => (DateTimeOffset?)row.QueuedSince).FirstOrDefaultAsync(cancellationToken);

    /// <summary>The channel and the moment of everything that came since then, read one by one; what was reopened came again, by its last reopening.</summary>
    public async IAsyncEnumerable<(string Channel, DateTimeOffset At)> ArrivalsAsync(DateTimeOffset since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var arrivals = db.WorkItems.Where(row => row.QueuedSince >= since || (row.PreferredExpertId != null && row.WaitingSince >= since))
            .Select(row => new { row.Channel, row.QueuedSince, Again = row.PreferredExpertId == null ? (DateTimeOffset?)null : row.WaitingSince }).AsAsyncEnumerable();
        await foreach (var arrival in arrivals.WithCancellation(cancellationToken))
        {
            yield return (arrival.Channel, arrival.QueuedSince);
            if (arrival.Again is { } again)
                yield return (arrival.Channel, again);
        }
    }

    /// <param name="accepted">When each matter was last accepted.</param>
    public static IReadOnlyList<PastMatter> Of(IReadOnlyList<WorkItemRow> rows, IReadOnlyDictionary<Guid, DateTimeOffset> accepted, RoutingBook book)
    {
        var measured = rows.Select(row => (row.Channel, Handle: HandleOf(row))).Where(one => one.Handle is not null).Select(one => (one.Channel, Handle: one.Handle!.Value)).ToList();
        var usual = Median(measured.Select(one => one.Handle)) ?? UsualHandle;
        var byChannel = measured.GroupBy(one => one.Channel, StringComparer.Ordinal)
            .ToDictionary(channel => channel.Key, channel => Median(channel.Select(one => one.Handle))!.Value, StringComparer.Ordinal);
        var hours = new Dictionary<string, OpenHours>(StringComparer.Ordinal);
        return [.. rows.OrderBy(row => row.QueuedSince).ThenBy(row => row.Id).Select(MatterOf)];

        PastMatter MatterOf(WorkItemRow row)
        {
            var item = row.ToItem(book);
            var ended = TakenAt(row) ?? row.ClosedAt;
            return new PastMatter(
                row.ToRequest(), item.Promise > TimeSpan.Zero ? item.Promise : TimeSpan.Zero, HandleOf(row) ?? byChannel.GetValueOrDefault(row.Channel, usual),
                row.ClosedAt is { } closed && TakenAt(row) is null ? AtLeast(closed - item.BegunAt) : null)
            {
                Measured = HandleOf(row),
                Waited = ended is { } until ? HoursOf(item).Between(item.BegunAt, until) is { } waited ? AtLeast(waited) : null : null,
            };
        }

        TimeSpan? HandleOf(WorkItemRow row) => row.ClosedAt is { } closed && TakenAt(row) is { } from && closed >= from ? AtLeast(closed - from) : null;

        // Whoever had it before it was reopened does not have it any more.
        DateTimeOffset? TakenAt(WorkItemRow row) => accepted.TryGetValue(row.Id, out var at) && at >= row.WaitingSince ? at : null;

        OpenHours HoursOf(WorkItem item)
        {
            if (!hours.TryGetValue(item.Request.Group, out var open))
                hours.Add(item.Request.Group, open = new OpenHours(book.Policy.For(item), rows.Min(row => row.QueuedSince)));
            return open;
        }
    }

    private static TimeSpan AtLeast(TimeSpan measured) => measured > Least ? measured : Least;

    private static TimeSpan? Median(IEnumerable<TimeSpan> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? null : sorted[sorted.Count / 2];
    }

    /// <summary>The hours in which a group's matters are offered to somebody.</summary>
    private sealed class OpenHours(RoutingPolicy policy, DateTimeOffset since)
    {
        private readonly List<(DateTimeOffset From, DateTimeOffset To)> _stretches = [];
        private DateTimeOffset _known = since;

        /// <summary>How much of a time is in them; null for none.</summary>
        public TimeSpan? Between(DateTimeOffset from, DateTimeOffset until)
        {
            for (var schedule = policy.ClosedHours == ClosedHours.Wait ? policy.BusinessHours : WorkingSchedule.Always; _known < until;)
            {
                var change = schedule.NextChange(_known) ?? DateTimeOffset.MaxValue;
                if (schedule.Covers(_known))
                    _stretches.Add((_known, change));
                _known = change;
            }

            var parts = _stretches.Where(open => open.From <= until && from < open.To)
                .Select(open => (until < open.To ? until : open.To) - (from > open.From ? from : open.From)).ToList();
            return parts.Count == 0 ? null : parts.Aggregate((sum, part) => sum + part);
        }
    }
}
