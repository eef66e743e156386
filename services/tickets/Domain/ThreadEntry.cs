using Relais.Common.Data;

namespace Relais.Tickets.Domain;

/// <summary>Something said in the matter of a ticket. It never changes.</summary>
internal sealed class ThreadEntry : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required Guid TicketId { get; init; }

    /// <summary>The message of the conversation, or the reply; once in each ticket.</summary>
    public required Guid Id { get; init; }

    /// <summary>From 1, without gaps.</summary>
    public required int Position { get; init; }

    public required ThreadAuthor Author { get; init; }

    /// <summary>The customer or the member of staff; null for the assistant, the system, and experts of before the hand-over.</summary>
    public Guid? AuthorId { get; init; }

    public required string AuthorName { get; init; }

    public required string Text { get; init; }

    public required DateTimeOffset At { get; init; }
}
