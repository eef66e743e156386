using Relais.Common.Data;

namespace Relais.Tickets.Domain;

/// <summary>The last ticket number that a tenant has given.</summary>
internal sealed class TicketNumbers : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required int Last { get; init; }
}
