using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using ProtoOffer = Relais.Contracts.Routing.V1.Offer;

namespace Relais.Routing.Grpc;

/// <summary>Offers as the contract shows them.</summary>
internal static class OfferView
{
    /// <param name="decision">Null when it is past its retention: then no reasons are told.</param>
    public static ProtoOffer Of(OfferRow row, WorkItemRow item, Decision? decision, string locale)
    {
        var offer = new ProtoOffer
        {
            Id = row.Id.ToString(),
            TicketId = row.ItemId.ToString(),
            TicketNumber = item.Number,
            ExpertId = row.ExpertId.ToString(),
            State = row.State switch
            {
                OfferState.Offered => ProtoOffer.Types.State.Offered,
                OfferState.Accepted => ProtoOffer.Types.State.Accepted,
                OfferState.Declined => ProtoOffer.Types.State.Declined,
                OfferState.Expired => ProtoOffer.Types.State.Expired,
                OfferState.Rescinded => ProtoOffer.Types.State.Rescinded,
                _ => throw new UnreachableException(),
            },
            OfferedAt = row.OfferedAt.ToTimestamp(),
            ExpiresAt = row.ExpiresAt.ToTimestamp(),
            Channel = item.Channel,
            Subject = item.Subject,
            DeclineReason = row.State == OfferState.Declined ? row.Reason : "",
        };
        if (decision is not null)
            offer.Reasons.AddRange(Wording.Reasons(decision, locale));
        return offer;
    }
}
