using Relais.Common.Data;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;

namespace Relais.Surveys.Domain;

/// <summary>
/// What the figures need to know of one ticket. Events may arrive in any order, each once: every merge below gives the
/// same row whatever the order.
/// </summary>
internal sealed class TicketFacts : ITenantOwned, IVersioned
{
    /// <summary>What events change.</summary>
    public static readonly IReadOnlyList<string> Changing =
    [
        nameof(ConversationId), nameof(IsOpened), nameof(RequestedAt), nameof(FirstRepliedAt), nameof(FirstReplierId), nameof(AcceptedAt),
        nameof(AcceptedBy), nameof(Resolutions), nameof(Reopenings), nameof(Expert),
    ];

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required Guid TicketId { get; init; }

    /// <summary>Null while only events that do not name it have come.</summary>
    public Guid? ConversationId { get; private set; }

    public bool IsOpened { get; private set; }

    /// <summary>When the customer asked for a person.</summary>
    public DateTimeOffset? RequestedAt { get; private set; }

    public DateTimeOffset? FirstRepliedAt { get; private set; }

    public Guid? FirstReplierId { get; private set; }

    public DateTimeOffset? AcceptedAt { get; private set; }

    public Guid? AcceptedBy { get; private set; }

    public int Resolutions { get; private set; }

    public int Reopenings { get; private set; }

    /// <summary>
    /// Whose figures the ticket is part of: the id of the expert who last took it, else of the one who first replied,
    /// else empty.
    /// </summary>
    public string Expert { get; private set; } = "";

    public void Apply(TicketOpened opened)
    {
        ConversationId = opened.ConversationId;
        IsOpened = true;
        RequestedAt = opened.RequestedAt;
    }

    public void Apply(OfferAccepted accepted)
    {
        if (AcceptedAt > accepted.At)
            return;
        AcceptedAt = accepted.At;
        AcceptedBy = accepted.ExpertId;
        Attribute();
    }

    public void Apply(TicketReplied replied)
    {
        ConversationId = replied.ConversationId;
        if (FirstRepliedAt <= replied.At)
            return;
        FirstRepliedAt = replied.At;
        FirstReplierId = replied.ExpertId;
        Attribute();
    }

    public void Apply(TicketResolved resolved)
    {
        ConversationId = resolved.ConversationId;
        Resolutions++;
    }

    public void Apply(TicketReopened reopened)
    {
        ConversationId = reopened.ConversationId;
        Reopenings++;
    }

    private void Attribute() => Expert = (AcceptedBy ?? FirstReplierId)?.ToString() ?? "";
}
