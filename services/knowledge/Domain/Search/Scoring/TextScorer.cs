using System.Buffers;
using Relais.Knowledge.Domain.Search.Indexing;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>
/// BM25F over the whole article: stems of title, example questions and body in one weighted frequency. A concept
/// counts once, by the best of its variants.
/// </summary>
internal sealed class TextScorer : IScorer
{
    private const float K1 = 1.2f;
    private const float B = 0.6f;

    public void Score(Question question, Span<float> scores)
    {
        var attainable = 0f;
        var best = ArrayPool<float>.Shared.Rent(scores.Length);
        Array.Clear(best, 0, scores.Length);
        foreach (var concept in question.Concepts)
        {
            if (!concept.IsKnown)
                continue;
            attainable += concept.Weight * concept.Variants.Max(variant => variant.Weight * Rarity(question.Snapshot, variant));
            foreach (var variant in concept.Variants)
                Add(question.Snapshot, variant, concept.Weight * variant.Weight, scores, best);
            if (concept.Variants.Count > 1)
                foreach (var variant in concept.Variants)
                    Forget(variant, best.AsSpan(0, scores.Length));
            else
                Forget(concept.Variants[0], best.AsSpan(0, scores.Length));
        }
        ArrayPool<float>.Shared.Return(best);
        if (attainable > 0)
            foreach (ref var score in scores)
                score /= attainable;
    }

    private static float Rarity(Snapshot snapshot, Variant variant) =>
        variant.Terms.Sum(term => Bm25.Rarity(snapshot.Totals.Articles, term.ArticleFrequency)) / variant.Terms.Length;

    private static void Add(Snapshot snapshot, Variant variant, float weight, Span<float> scores, float[] best)
    {
        var mean = snapshot.Totals.MeanLength;
        var first = Rarest(variant);
        var rarity = weight * Rarity(snapshot, variant);
        foreach (ref readonly var posting in first.Articles.Read())
        {
            var article = posting.Article;
            if (article >= scores.Length)
                break;
            if (!snapshot.IsLive(article))
                continue;
            var length = snapshot.Data.Articles[article].Length;
            var saturation = Bm25.Saturation(Frequency(posting), length, mean, K1, B);
            var all = true;
            foreach (var other in variant.Terms)
            {
                if (ReferenceEquals(other, first))
                    continue;
                if (!TryFind(other.Articles.Read(), article, out var found))
                {
                    all = false;
                    break;
                }
                saturation = Math.Min(saturation, Bm25.Saturation(Frequency(found), length, mean, K1, B));
            }
            var value = rarity * saturation;
            if (all && value > best[article])
            {
                scores[article] += value - best[article];
                best[article] = value;
            }
        }
    }

    private static void Forget(Variant variant, Span<float> best)
    {
        foreach (ref readonly var posting in Rarest(variant).Articles.Read())
            if (posting.Article < best.Length)
                best[posting.Article] = 0;
    }

    private static float Frequency(in ArticlePosting posting) =>
        posting.Body + LanguageIndex.TitleWeight * posting.Title + LanguageIndex.QuestionWeight * posting.Questions;

    private static Term Rarest(Variant variant) =>
        variant.Terms.Length == 1 ? variant.Terms[0] : variant.Terms.MinBy(term => term.Articles.Count)!;

    internal static bool TryFind(ReadOnlySpan<ArticlePosting> postings, int article, out ArticlePosting found)
    {
        var low = 0;
        var high = postings.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var at = postings[middle].Article;
            if (at == article)
            {
                found = postings[middle];
                return true;
            }
            if (at < article)
                low = middle + 1;
            else
                high = middle - 1;
        }
        found = default;
        return false;
    }
}
