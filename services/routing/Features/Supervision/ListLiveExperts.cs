using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;

namespace Relais.Routing.Features.Supervision;

/// <summary>Every active expert with state, load and idle time, by name.</summary>
internal sealed class ListLiveExperts(RoutingDb db, RoutingOptions options, TimeProvider clock)
{
    public async Task<Outcome<ListLiveExpertsResponse>> HandleAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var book = await db.BookAsync(options.ToPolicy(), cancellationToken);
        var rows = await db.Experts.AsNoTracking().Include(row => row.Skills).Where(row => row.Active).OrderBy(row => row.DisplayName).ThenBy(row => row.Id).ToListAsync(cancellationToken);
        var held = (await db.WorkItems.AsNoTracking().Where(row => row.HolderId != null)
            .Select(row => new { row.HolderId, row.Channel, row.State }).ToListAsync(cancellationToken)).ToLookup(item => item.HolderId!.Value);
        var response = new ListLiveExpertsResponse();
        foreach (var row in rows)
        {
            var live = new LiveExpert
            {
                ExpertId = row.Id.ToString(), ExpertName = row.DisplayName, Presence = ExpertView.PresenceOf(row.Presence),
                PresenceReason = row.PresenceReason, PresenceSince = row.PresenceSince.ToTimestamp(),
                OnDuty = row.Presence == Presence.Available && row.ToExpert(book, now).OnDuty(now), WrappingUp = row.WrapsUpUntil > now,
                Capacity = new Capacity(row.CapacityParts).Whole, Load = new Capacity(row.LoadParts).Whole,
                Offered = held[row.Id].Count(item => item.State == ItemState.Offered), Assigned = held[row.Id].Count(item => item.State == ItemState.Assigned),
                MissesInRow = row.MissesInRow,
            };
            if (row is { IdleSince: { } since, Presence: Presence.Available })
                live.IdleSeconds = (int)Math.Max(0, (now - since).TotalSeconds);
            foreach (var (channel, count) in held[row.Id].CountBy(item => item.Channel))
                live.HeldByChannel[channel] = count;
            response.Experts.Add(live);
        }

        return response;
    }
}
