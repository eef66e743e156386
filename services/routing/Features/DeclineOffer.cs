using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Shards;
using ProtoOffer = Relais.Contracts.Routing.V1.Offer;

namespace Relais.Routing.Features;

/// <summary>Refuses the work, which goes to the next best at once and not to this expert again. Declining again gives the same answer.</summary>
internal sealed class DeclineOffer(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, OfferReader offers, CallerContext caller)
{
    private const int LongestReason = 500;

    public async Task<Outcome<ProtoOffer>> HandleAsync(DeclineOfferRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").RequestId(request.RequestId).Text(request.Reason, "reason", LongestReason, required: false).Failure is { } invalid)
            return invalid;
        var (id, me) = (Guid.Parse(request.Id), caller.Caller.SubjectId);
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoOffer>(request.RequestId, request, async ct =>
        {
            var row = await db.Offers.AsNoTracking().FirstOrDefaultAsync(offer => offer.Id == id, ct);
            if (row is null)
                return OfferReader.Unknown(request.Id);
            if (row.ExpertId != me)
                return OfferReader.NotYours();
            if (row.State == OfferState.Declined)
                return (await offers.FindAsync(id, ct))!;
            var now = turn.Now;
            if ((await turn.EngineAsync(ct)).FindOffer(id) is not { } live || live.ExpiresAt <= now)
                return OfferReader.WhyOver(row.State, row.ExpiresAt);
            var answer = (await offers.FindAsync(id, ct))!;
            // What was due before it may have taken the offer back.
            if ((await turn.ApplyAsync(new Input.Declined(now, id, me, request.Reason), ct)).Refusal != Refusal.None)
                return OfferReader.WhyOver(OfferState.Rescinded, row.ExpiresAt);
            (answer.State, answer.DeclineReason) = (ProtoOffer.Types.State.Declined, request.Reason);
            return answer;
        }, cancellationToken), cancellationToken);
    }
}
