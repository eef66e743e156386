using System.Globalization;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;

namespace Relais.Tickets.Domain;

/// <summary>
/// A matter that people work on: opened from a conversation, with one expert at most, resolved, perhaps reopened. It
/// decides what may happen to it and gives the event of what did.
/// </summary>
internal sealed class Ticket : ITenantOwned, IVersioned
{
    /// <summary>The number of a tenant's first ticket.</summary>
    public const int FirstNumber = 1001;

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required Guid Id { get; init; }

    /// <summary>From <see cref="FirstNumber"/>, one after the other within a tenant, without gaps.</summary>
    public required int Number { get; init; }

    public required Guid ConversationId { get; init; }

    public required Guid CustomerId { get; init; }

    public required string CustomerName { get; init; }

    public required string CustomerEmail { get; init; }

    /// <summary>As the hand-over told it; empty where it did not.</summary>
    public string CustomerTier { get; init; } = "";

    public required string Channel { get; init; }

    public required string Locale { get; init; }

    public required string Subject { get; init; }

    public required string Category { get; init; }

    /// <summary>Why the customer asked for a person, in their words; may be empty.</summary>
    public required string RequestReason { get; init; }

    public required IReadOnlyList<RequiredSkill> RequiredSkills { get; init; }

    public required IReadOnlyList<SelfCareTry> SelfCare { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>The trace of the matter (W3C traceparent), in which all that happens to it is told; null where it has none.</summary>
    public string? TraceParent { get; init; }

    public required TicketPriority Priority { get; init; }

    public TicketState State { get; private set; } = TicketState.Open;

    /// <summary>When the first answer, or the first after a reopening, is due.</summary>
    public required DateTimeOffset DueAt { get; set; }

    /// <summary>The one expert who has the ticket; null while it waits.</summary>
    public Guid? ExpertId { get; private set; }

    public string ExpertName { get; private set; } = "";

    /// <summary>The offer by which the last expert took it, and when, by routing's clock.</summary>
    public Guid? OfferId { get; private set; }

    public DateTimeOffset? AssignedAt { get; private set; }

    public DateTimeOffset? FirstRepliedAt { get; private set; }

    public DateTimeOffset? ResolvedAt { get; private set; }

    public string ResolutionSummary { get; private set; } = "";

    public int ReopenCount { get; private set; }

    /// <summary>The position of the thread's last entry.</summary>
    public int LastPosition { get; private set; }

    /// <summary>As people see it: <c>T-1042</c>.</summary>
    public string DisplayNumber => Display(Number);

    public static string Display(int number) => string.Create(CultureInfo.InvariantCulture, $"T-{number}");

    public TicketOpened Opened() => new(
        Id, DisplayNumber, ConversationId, CustomerId, Channel, Locale, Subject, Category, Priority.ToString().ToUpperInvariant(),
        RequiredSkills, RequestedAt, DueAt, CustomerTier);

    /// <summary>The next entry of the thread.</summary>
    public ThreadEntry Say(Guid id, ThreadAuthor author, Guid? authorId, string authorName, string text, DateTimeOffset at) => new()
    {
        TicketId = Id,
        Id = id,
        Position = ++LastPosition,
        Author = author,
        AuthorId = authorId,
        AuthorName = authorName,
        Text = text,
        At = at,
    };

    /// <summary>
    /// Gives the ticket to the expert who took the offer. Routing says who has it, so its latest word counts: an older
    /// one, a repetition, and one that crossed the resolution change nothing.
    /// </summary>
    /// <returns>Null when nothing changes.</returns>
    public TicketAssigned? Assign(OfferAccepted offer)
    {
        if (State == TicketState.Resolved || offer.OfferId == OfferId || offer.At < AssignedAt)
            return null;
        State = TicketState.Assigned;
        ExpertId = offer.ExpertId;
        ExpertName = offer.ExpertName;
        OfferId = offer.OfferId;
        AssignedAt = offer.At;
        return new TicketAssigned(Id, DisplayNumber, ConversationId, offer.ExpertId, offer.ExpertName, offer.At);
    }

    /// <summary>An answer to the customer. Whoever may reply may help out; the ticket stays with its expert.</summary>
    public Outcome<ThreadEntry> Reply(Guid id, Guid expertId, string expertName, string text, DateTimeOffset now)
    {
        if (State == TicketState.Resolved)
        {
            return Failure.Precondition("ticket.resolved",
                $"{DisplayNumber} is resolved, so nobody would expect an answer. Reopen it first, then reply.");
        }

        FirstRepliedAt ??= now;
        return Say(id, ThreadAuthor.Expert, expertId, expertName, text, now);
    }

    public Outcome<TicketResolved> Resolve(string summary, bool byCustomer, DateTimeOffset now)
    {
        if (State == TicketState.Resolved)
            return Failure.Precondition("ticket.already_resolved", $"{DisplayNumber} is resolved already. Reopen it if there is more to do.");
        State = TicketState.Resolved;
        ResolvedAt = now;
        ResolutionSummary = summary;
        return new TicketResolved(Id, DisplayNumber, ConversationId, ExpertId, Channel, Locale, ReopenCount + 1, byCustomer, now);
    }

    /// <summary>Back to waiting, for preference for the expert who had it.</summary>
    public Outcome<TicketReopened> Reopen(SlaClock clock, DateTimeOffset now)
    {
        if (State != TicketState.Resolved)
            return Failure.Precondition("ticket.not_resolved", $"{DisplayNumber} is not resolved, so there is nothing to reopen. Reply to it instead.");
        var former = ExpertId;
        State = TicketState.Open;
        ExpertId = null;
        ExpertName = "";
        ResolvedAt = null;
        ResolutionSummary = "";
        ReopenCount++;
        DueAt = clock.DueAt(Priority, now);
        return new TicketReopened(Id, ConversationId, former, DueAt, now, Opened());
    }
}
