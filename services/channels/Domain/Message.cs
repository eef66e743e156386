using Relais.Channels.Domain.Assistant;
using Relais.Common.Data;

namespace Relais.Channels.Domain;

internal enum Author
{
    Customer,
    Assistant,
    Expert,
    System,
}

/// <summary>Something said; it never changes.</summary>
internal sealed class Message : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required Guid ConversationId { get; init; }

    public required int Sequence { get; init; }

    public required Guid Id { get; init; }

    public required Author Author { get; init; }

    public required string AuthorName { get; init; }

    public required string Text { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public MessageDetails? Details { get; init; }
}

/// <summary>What a message carries besides its text.</summary>
internal sealed record MessageDetails(Attempt? Attempt, IReadOnlyList<Choice> Choices, Survey? Survey);

/// <summary>Something the customer can do next.</summary>
internal sealed record Choice(ChoiceAction Action, string Label, IReadOnlyList<string> Channels);

internal enum ChoiceAction
{
    ConfirmSolved,
    AskAgain,
    RequestExpert,
}

/// <summary>How to answer the survey that came with a message.</summary>
internal sealed record Survey(Guid Id, string Token, string Kind, int MinimumScore, int MaximumScore);
