using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Indexing;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>What the confidence in one candidate is computed from; each 0..1.</summary>
/// <param name="Score">Its blended score.</param>
/// <param name="Coverage">Share of what the question speaks of, by rarity, that the article mentions anywhere.</param>
/// <param name="Headline">The same, mentioned in its title or example questions.</param>
/// <param name="Lead">How far its score is above the next one's, relative to itself.</param>
internal readonly record struct Evidence(float Score, float Coverage, float Headline, float Lead);

/// <summary>Confidence as a logistic function of the evidence, and the threshold under which nothing is answered.</summary>
internal static class Confidence
{
    /// <summary>Below it the question is refused.</summary>
    public const double Threshold = 0.3;

    public static double Of(in Evidence evidence) =>
        1 / (1 + Math.Exp(-(-4.5 + 4 * evidence.Score + 2 * evidence.Coverage + 2.5 * evidence.Headline + evidence.Lead)));

    /// <summary>Shares of the question's concepts in an article: anywhere, and in its title or example questions.</summary>
    public static (float Anywhere, float Headline) Coverage(Question question, int article)
    {
        var all = 0f;
        var anywhere = 0f;
        var headline = 0f;
        foreach (var concept in question.Concepts)
        {
            if (concept.Kind == TokenKind.QuestionType)
                continue;
            var rarity = concept.Weight * Rarity(question.Snapshot, concept);
            all += rarity;
            var (inText, inHeadline) = (0f, 0f);
            foreach (var variant in concept.Variants)
            {
                var (found, atHead) = Holds(variant, article);
                if (found)
                    inText = Math.Max(inText, variant.Weight);
                if (atHead)
                    inHeadline = Math.Max(inHeadline, variant.Weight);
            }
            anywhere += rarity * inText;
            headline += rarity * inHeadline;
        }
        return all == 0 ? (0, 0) : (anywhere / all, headline / all);
    }

    private static float Rarity(Snapshot snapshot, Concept concept)
    {
        var rarity = Bm25.Rarity(snapshot.Totals.Articles, 0);
        foreach (var variant in concept.Variants)
            foreach (var term in variant.Terms)
                rarity = Math.Min(rarity, Bm25.Rarity(snapshot.Totals.Articles, term.ArticleFrequency));
        return rarity;
    }

    private static (bool Found, bool AtHead) Holds(Variant variant, int article)
    {
        var atHead = true;
        foreach (var term in variant.Terms)
        {
            if (!TextScorer.TryFind(term.Articles.Read(), article, out var posting))
                return (false, false);
            atHead &= posting.Title > 0 || posting.Questions > 0;
        }
        return (true, atHead);
    }
}
