using Relais.Common.Data;

namespace Relais.Tickets.Domain;

/// <summary>Who did what to a ticket, and when. Rows are only ever added.</summary>
internal sealed class AuditEntry : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required Guid Id { get; init; }

    public required Guid TicketId { get; init; }

    public required AuditAction Action { get; init; }

    /// <summary>The customer or the member of staff; null where the platform acted on its own.</summary>
    public Guid? ActorId { get; init; }

    public required string ActorName { get; init; }

    /// <summary>A summary or a reason, where there is one.</summary>
    public string Detail { get; init; } = "";

    public required DateTimeOffset At { get; init; }
}
