namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>
/// One signal of how well articles answer a question. Further signals (a trained classifier, embeddings, feedback)
/// are added beside the built-in ones through <see cref="Ranking"/>.
/// </summary>
internal interface IScorer
{
    /// <summary>Writes a score 0..1 for each article, relative to the best that any article could reach.</summary>
    /// <param name="question">The question; its snapshot says which articles there are.</param>
    /// <param name="scores">One place per article ordinal, all 0.</param>
    void Score(Question question, Span<float> scores);
}
