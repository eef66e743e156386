namespace Relais.Contracts.Routing;

/// <summary>An expert did not answer an offer in time.</summary>
public sealed record OfferExpired(Guid OfferId, Guid TicketId, Guid ExpertId, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.routing.offer-expired.v1";

    public string Key => TicketId.ToString();
}
