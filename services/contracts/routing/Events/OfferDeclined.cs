namespace Relais.Contracts.Routing;

/// <summary>An expert refused the work.</summary>
public sealed record OfferDeclined(Guid OfferId, Guid TicketId, Guid ExpertId, string Reason, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.routing.offer-declined.v1";

    public string Key => TicketId.ToString();
}
