namespace Relais.Contracts.Routing;

/// <summary>An offer was taken back before its expert answered.</summary>
public sealed record OfferRescinded(Guid OfferId, Guid TicketId, Guid ExpertId, string Reason, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.routing.offer-rescinded.v1";

    public string Key => TicketId.ToString();
}
