using System.Buffers;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>Blends signals into one score per article.</summary>
/// <param name="Signals">The signals with their weights; the weights need not sum to 1.</param>
internal sealed record Ranking(IReadOnlyList<(IScorer Scorer, float Weight)> Signals)
{
    public static readonly Ranking Default = new([(new TextScorer(), 0.35f), (new QuestionScorer(), 0.65f)]);

    /// <summary>Writes the blended score 0..1 of each article.</summary>
    public void Score(Question question, Span<float> scores)
    {
        var total = Signals.Sum(signal => signal.Weight);
        var rented = ArrayPool<float>.Shared.Rent(scores.Length);
        var one = rented.AsSpan(0, scores.Length);
        foreach (var (scorer, weight) in Signals)
        {
            one.Clear();
            scorer.Score(question, one);
            for (var i = 0; i < one.Length; i++)
                scores[i] += one[i] * weight / total;
        }
        ArrayPool<float>.Shared.Return(rented);
    }
}
