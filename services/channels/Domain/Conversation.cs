using Relais.Channels.Domain.Assistant;
using Relais.Common.Data;
using Relais.Common.Failures;

namespace Relais.Channels.Domain;

internal enum ConversationState
{
    /// <summary>The assistant answers.</summary>
    SelfCare,

    /// <summary>A person owns the conversation; the assistant is silent.</summary>
    WithExpert,

    /// <summary>The ticket is resolved; a further message of the customer reopens it.</summary>
    Resolved,

    /// <summary>Ended; a new matter needs a new conversation.</summary>
    Closed,
}

/// <summary>
/// A conversation with a customer. It gives every message its sequence: 1 for the first, then without gaps, whoever speaks.
/// </summary>
internal sealed class Conversation : ITenantOwned, IVersioned
{
    /// <summary>What changes when something is said.</summary>
    public static readonly IReadOnlyList<string> Talking = [nameof(State), nameof(LastSequence), nameof(RefusalsInARow), nameof(SolvedAt), nameof(TraceParent)];

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required Guid Id { get; init; }

    public required string Channel { get; init; }

    public required string Locale { get; init; }

    public required Guid CustomerId { get; init; }

    public required string CustomerName { get; init; }

    /// <summary>Empty where the customer gave none.</summary>
    public required string CustomerEmail { get; init; }

    /// <summary>As identity told it when the conversation was opened; empty for one from before it told.</summary>
    public string CustomerTier { get; init; } = "";

    public required DateTimeOffset CreatedAt { get; init; }

    public ConversationState State { get; private set; }

    public int LastSequence { get; private set; }

    /// <summary>Questions since the last answer that the assistant could not answer.</summary>
    public int RefusalsInARow { get; private set; }

    /// <summary>Chosen when a person is asked for; it stays for good.</summary>
    public Guid? TicketId { get; private set; }

    /// <summary>The number that people see; empty until the ticket exists.</summary>
    public string TicketNumber { get; private set; } = "";

    /// <summary>When the customer confirmed that the matter is solved; null again once they write on.</summary>
    public DateTimeOffset? SolvedAt { get; private set; }

    /// <summary>
    /// The trace of the matter (W3C traceparent), which began with the customer's first message or with their asking for a
    /// person; null before, and where nothing was traced.
    /// </summary>
    public string? TraceParent { get; private set; }

    /// <summary>Has the matter begin in this trace, unless it has begun.</summary>
    public void Follow(string? traceParent) => TraceParent ??= traceParent;

    public Outcome<Message> CustomerSays(string text, DateTimeOffset now)
    {
        if (State == ConversationState.Closed)
            return ConversationFailures.Closed;
        if (State == ConversationState.Resolved)
            State = ConversationState.WithExpert;
        SolvedAt = null;
        return Append(Author.Customer, CustomerName, text, null, now);
    }

    /// <summary>What the assistant has to say; null when it must be silent, because a person owns the conversation or it has ended.</summary>
    public Message? AssistantSays(Reply reply, DateTimeOffset now)
    {
        if (State != ConversationState.SelfCare)
            return null;
        if (reply.Attempt is { } attempt)
            RefusalsInARow = attempt.Answered ? 0 : RefusalsInARow + 1;
        return Append(Author.Assistant, reply.AuthorName, reply.Text, new MessageDetails(reply.Attempt, reply.Choices, null), now);
    }

    /// <summary>Whether the assistant, were it to say this, would have failed so often in a row that a person is to take over.</summary>
    /// <param name="most">0 for never.</param>
    public bool IsOneTooMany(Reply reply, int most) =>
        most > 0 && State == ConversationState.SelfCare && reply.Attempt is { Answered: false } && RefusalsInARow + 1 >= most;

    public Message ExpertSays(Guid replyId, string expertName, string text, DateTimeOffset now) =>
        Append(Author.Expert, expertName, text, null, now, replyId);

    public Message SystemSays(string text, DateTimeOffset now, Survey? survey = null) =>
        Append(Author.System, "", text, survey is null ? null : new MessageDetails(null, [], survey), now);

    /// <summary>Gives the conversation to a person, once.</summary>
    public void HandOver(Guid ticketId)
    {
        if (State != ConversationState.SelfCare)
            throw new InvalidOperationException($"A conversation that is {State} cannot be handed over.");
        State = ConversationState.WithExpert;
        TicketId = ticketId;
    }

    /// <summary>The customer says that the matter is solved.</summary>
    /// <returns>Whether that is news.</returns>
    public bool ConfirmSolved(DateTimeOffset now)
    {
        if (SolvedAt is not null || State is ConversationState.Closed or ConversationState.Resolved)
            return false;
        SolvedAt = now;
        if (State == ConversationState.SelfCare)
            State = ConversationState.Closed;
        return true;
    }

    public void TicketOpened(string number) => TicketNumber = number;

    public void TicketResolved() => State = ConversationState.Resolved;

    public void TicketReopened() => State = ConversationState.WithExpert;

    private Message Append(Author author, string name, string text, MessageDetails? details, DateTimeOffset now, Guid? id = null) => new()
    {
        Id = id ?? Guid.CreateVersion7(now),
        ConversationId = Id,
        Sequence = ++LastSequence,
        Author = author,
        AuthorName = name,
        Text = text,
        Details = details,
        CreatedAt = now,
    };
}
