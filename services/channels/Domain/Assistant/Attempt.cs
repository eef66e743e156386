using Relais.Contracts.Channels;

namespace Relais.Channels.Domain.Assistant;

/// <summary>One try of self-care: what came of a question.</summary>
/// <param name="QuestionSequence">Of the customer's message that asked.</param>
/// <param name="Confidence">In the best article found, 0 to 1.</param>
/// <param name="Category">Of the best article found; empty when it found none that is near.</param>
/// <param name="RequiredSkills">What the article that answered asks of an expert.</param>
internal sealed record Attempt(
    int QuestionSequence, bool Answered, double Confidence, string Category, IReadOnlyList<RequiredSkill> RequiredSkills,
    IReadOnlyList<Citation> Citations);

/// <summary>A passage of an article on which an answer rests.</summary>
internal sealed record Citation(Guid ArticleId, int Version, string Title, double Confidence, string Snippet)
{
    public CitedArticle ToEvent() => new(ArticleId, Version, Title, Confidence);
}

/// <summary>What the knowledge base found for a question, best first.</summary>
internal sealed record Finding(bool Answered, IReadOnlyList<FoundArticle> Articles)
{
    public static Finding Nothing { get; } = new(false, []);
}

internal sealed record FoundArticle(Citation Citation, string Category, IReadOnlyList<RequiredSkill> RequiredSkills);
