using Relais.Common.Data;

namespace Relais.Tickets.Domain;

/// <summary>An answer that experts can start from.</summary>
internal sealed class CannedReply : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required string Id { get; init; }

    public required string Category { get; set; }

    public required string Locale { get; set; }

    public required string Text { get; set; }
}
