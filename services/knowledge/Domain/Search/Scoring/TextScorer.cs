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
    private const float B = 0.75f;

    public void Score(Question question, Span<float> scores)
    {
        var snapshot = question.Snapshot;
        var rentedBest = ArrayPool<float>.Shared.Rent(scores.Length);
        var rentedNorms = ArrayPool<float>.Shared.Rent(scores.Length);
        var best = rentedBest.AsSpan(0, scores.Length);
        var norms = rentedNorms.AsSpan(0, scores.Length);
        best.Clear();
        Bm25.Norms(snapshot.Data.Lengths.Read(), snapshot.Totals.MeanLength, K1, B, norms);

        var attainable = 0f;
        foreach (var concept in question.Concepts)
        {
            if (!concept.IsKnown)
                continue;
            attainable += concept.Weight * concept.Variants.Max(variant => variant.Weight * Rarity(snapshot, variant));
            var alone = concept.Variants.Count == 1;
            foreach (var variant in concept.Variants)
                Add(snapshot, variant, concept.Weight * variant.Weight, alone, scores, best, norms);
            if (alone)
                continue;
            foreach (var variant in concept.Variants)
                Forget(variant, best);
        }
        ArrayPool<float>.Shared.Return(rentedBest);
        ArrayPool<float>.Shared.Return(rentedNorms);
        if (attainable > 0)
            foreach (ref var score in scores)
                score /= attainable;
    }

    private static float Rarity(Snapshot snapshot, Variant variant) =>
        variant.Terms.Sum(term => Bm25.Rarity(snapshot.Totals.Articles, term.ArticleFrequency)) / MathF.Sqrt(variant.Terms.Length);

    private static void Add(
        Snapshot snapshot, Variant variant, float weight, bool alone, Span<float> scores, Span<float> best, ReadOnlySpan<float> norms)
    {
        var first = Rarest(variant);
        var rarity = weight * Rarity(snapshot, variant);
        var single = variant.Terms.Length == 1;
        Span<int> cursors = stackalloc int[variant.Terms.Length];
        cursors.Clear();
        foreach (ref readonly var posting in first.Articles.Read())
        {
            var article = posting.Article;
            if (article >= scores.Length)
                break;
            var frequency = Frequency(posting);
            if (!single && !TryLowest(variant, first, article, cursors, ref frequency))
                continue;
            var value = rarity * frequency / (frequency + norms[article]);
            if (alone)
                scores[article] += value;
            else if (value > best[article])
            {
                scores[article] += value - best[article];
                best[article] = value;
            }
        }
    }

    /// <summary>False when the article lacks a term of the variant; otherwise the frequency of its least frequent one.</summary>
    private static bool TryLowest(Variant variant, Term first, int article, Span<int> cursors, ref float frequency)
    {
        for (var i = 0; i < cursors.Length; i++)
        {
            if (ReferenceEquals(variant.Terms[i], first))
                continue;
            var postings = variant.Terms[i].Articles.Read();
            var at = cursors[i] = From(postings, article, cursors[i]);
            if (at >= postings.Length || postings[at].Article != article)
                return false;
            frequency = Math.Min(frequency, Frequency(postings[at]));
        }
        return true;
    }

    /// <summary>The first place from a given one on whose article is not before the one wanted: steps double, then halve.</summary>
    private static int From(ReadOnlySpan<ArticlePosting> postings, int article, int low)
    {
        var step = 1;
        var high = low;
        while (high < postings.Length && postings[high].Article < article)
        {
            low = high + 1;
            high += step;
            step *= 2;
        }
        high = Math.Min(high, postings.Length);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (postings[middle].Article < article)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
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

    /// <summary>The posting of one article, if the term is in it.</summary>
    internal static bool TryFind(ReadOnlySpan<ArticlePosting> postings, int article, out ArticlePosting found)
    {
        var at = From(postings, article, 0);
        found = at < postings.Length && postings[at].Article == article ? postings[at] : default;
        return at < postings.Length && postings[at].Article == article;
    }
}
