namespace Relais.Contracts.Routing;

/// <summary>An expert took the work.</summary>
public sealed record OfferAccepted(Guid OfferId, Guid TicketId, Guid ExpertId, string ExpertName, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.routing.offer-accepted.v1";

    public string Key => TicketId.ToString();
}
