namespace Relais.Knowledge.Domain.Search;

/// <summary>The answer to a question.</summary>
/// <param name="Answered">
/// True when the first candidate is trusted enough to be given as the answer; false is a refusal, and the candidates
/// are then only what came nearest.
/// </param>
/// <param name="Candidates">Best first; as many as were asked for when there are that many articles.</param>
/// <param name="FromOtherLocale">The asked locale had nothing, these are articles in another one.</param>
internal sealed record AskResult(bool Answered, IReadOnlyList<Candidate> Candidates, bool FromOtherLocale)
{
    public static readonly AskResult Nothing = new(false, [], false);
}

/// <summary>One article as an answer.</summary>
/// <param name="ArticleId">The article.</param>
/// <param name="Version">The version that was read.</param>
/// <param name="Locale">The locale it is written in.</param>
/// <param name="Title">Its title.</param>
/// <param name="Category">Its category, or null.</param>
/// <param name="Snippet">Its best passage for the question, whole words, as written.</param>
/// <param name="Confidence">Probability 0..1 that it answers the question; never rises from one candidate to the next.</param>
internal sealed record Candidate(
    string ArticleId, long Version, string Locale, string Title, string? Category, string Snippet, double Confidence);
