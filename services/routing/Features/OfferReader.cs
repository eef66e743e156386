using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;
using ProtoOffer = Relais.Contracts.Routing.V1.Offer;

namespace Relais.Routing.Features;

/// <summary>Reads offers as experts see them: with their matter and the reasons in the expert's language.</summary>
internal sealed class OfferReader(RoutingDb db, TimeProvider clock)
{
    /// <summary>The live offers of an expert, oldest first.</summary>
    public async Task<IReadOnlyList<ProtoOffer>> LiveAsync(Guid expert, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return await ReadAsync(
            db.Offers.Where(offer => offer.ExpertId == expert && offer.LiveItemId != null && offer.State == OfferState.Offered && offer.ExpiresAt > now), cancellationToken);
    }

    public async Task<ProtoOffer?> FindAsync(Guid offer, CancellationToken cancellationToken) =>
        (await ReadAsync(db.Offers.Where(row => row.Id == offer), cancellationToken)).SingleOrDefault();

    /// <summary>Why an offer that is over cannot be answered any more.</summary>
    public static Failure WhyOver(OfferState state, DateTimeOffset expiresAt) => state switch
    {
        OfferState.Accepted => Failure.Precondition("offer.already_accepted", "This offer has been accepted: the work is yours."),
        OfferState.Declined => Failure.Precondition("offer.declined", "This offer was declined, and the work went on to somebody else."),
        OfferState.Rescinded => Failure.Precondition(
            "offer.rescinded", "This offer was taken back: the matter was settled or reassigned, or you left before answering."),
        OfferState.Expired or OfferState.Offered => Failure.Precondition(
            "offer.expired", $"This offer expired at {expiresAt.UtcDateTime:HH:mm:ss} UTC, and the work went on to somebody else."),
        _ => throw new UnreachableException(),
    };

    public static Failure NotYours() => Failure.Denied("offer.not_yours", "This offer was made to another expert. GET /v1/offers?expert=me lists yours.");

    public static Failure Unknown(string id) => Failure.NotFound("offer.not_found", $"There is no offer {id}. GET /v1/offers?expert=me lists yours.");

    private async Task<IReadOnlyList<ProtoOffer>> ReadAsync(IQueryable<OfferRow> offers, CancellationToken cancellationToken)
    {
        var rows = await (
            from offer in offers.AsNoTracking()
            join item in db.WorkItems on offer.ItemId equals item.Id
            join expert in db.Experts on offer.ExpertId equals expert.Id
            join decision in db.Decisions on offer.DecisionId equals decision.Id into decisions
            from decision in decisions.DefaultIfEmpty()
            orderby offer.OfferedAt, offer.Id
            select new { Offer = offer, Item = item, expert.Locale, Decision = decision }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => OfferView.Of(row.Offer, row.Item, row.Decision?.Decision, row.Locale))];
    }
}
