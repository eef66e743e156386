namespace Relais.Contracts.Routing;

/// <summary>Work was offered to an expert.</summary>
public sealed record OfferMade(Guid OfferId, Guid TicketId, Guid ExpertId, DateTimeOffset ExpiresAt, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.routing.offer-made.v1";

    public string Key => TicketId.ToString();
}
