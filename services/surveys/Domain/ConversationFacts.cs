using System.Globalization;
using Relais.Common.Data;
using Relais.Contracts.Channels;

namespace Relais.Surveys.Domain;

/// <summary>
/// What the figures need to know of one conversation. Events may arrive in any order, each once: every merge below gives
/// the same row whatever the order.
/// </summary>
internal sealed class ConversationFacts : ITenantOwned, IVersioned
{
    /// <summary>What events change.</summary>
    public static readonly IReadOnlyList<string> Changing =
    [
        nameof(StartedAt), nameof(Day), nameof(Channel), nameof(Locale), nameof(Category), nameof(Answers), nameof(Refusals),
        nameof(SolvedAt), nameof(TransferredAt), nameof(TicketId), nameof(LastSpokenAt),
    ];

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required Guid ConversationId { get; init; }

    /// <summary>Null until the event of its start has come; until then the conversation counts nowhere.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>The day of its start in UTC, <c>2026-11-22</c>.</summary>
    public string Day { get; private set; } = "";

    public string Channel { get; private set; } = "";

    public string Locale { get; private set; } = "";

    /// <summary>Of the matter that went to a person; empty for one that self-care had alone.</summary>
    public string Category { get; private set; } = "";

    public int Answers { get; private set; }

    public int Refusals { get; private set; }

    /// <summary>When the customer said that self-care solved it; null where they did not.</summary>
    public DateTimeOffset? SolvedAt { get; private set; }

    /// <summary>When the customer asked for a person, or the assistant gave up; null where neither happened.</summary>
    public DateTimeOffset? TransferredAt { get; private set; }

    public Guid? TicketId { get; private set; }

    /// <summary>When somebody last spoke while self-care had the conversation.</summary>
    public DateTimeOffset LastSpokenAt { get; private set; }

    public void Apply(ConversationStarted started)
    {
        StartedAt = started.At;
        Day = started.At.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Channel = started.Channel;
        Locale = started.Locale;
        Spoke(started.At);
    }

    public void Apply(CustomerMessageReceived said) => Spoke(said.At);

    public void Apply(AssistantReplied replied)
    {
        if (replied.Answered)
            Answers++;
        else
            Refusals++;
        Spoke(replied.At);
    }

    public void Apply(ConversationSolved solved)
    {
        // With a ticket it was a person who solved it; the ticket's own facts tell.
        if (solved.TicketId is null)
            SolvedAt = solved.At;
    }

    public void Apply(ExpertRequested requested)
    {
        // A conversation that should go to a person twice counts where it first did.
        if (TransferredAt <= requested.At)
            return;
        TransferredAt = requested.At;
        TicketId = requested.TicketId;
        Category = requested.Category;
    }

    private void Spoke(DateTimeOffset at)
    {
        if (at > LastSpokenAt)
            LastSpokenAt = at;
    }
}
