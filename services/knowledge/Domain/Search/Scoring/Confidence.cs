using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Indexing;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>What the confidence in one candidate is computed from; each 0..1.</summary>
/// <param name="Score">Its blended score, less what the question speaks of and no article knows.</param>
/// <param name="Coverage">Share of what the question speaks of, by rarity, that the article mentions anywhere.</param>
/// <param name="Headline">The same, mentioned in its title or example questions.</param>
/// <param name="Amount">How much of the question the article mentions in absolute terms; saturates.</param>
/// <param name="Lead">How far its score is above the next one's, relative to itself, times its coverage.</param>
internal readonly record struct Evidence(float Score, float Coverage, float Headline, float Amount, float Lead);

/// <summary>
/// Confidence as a logistic function of the evidence, and the threshold under which nothing is answered.
/// The coefficients are a ridge-regularized maximum-likelihood fit (Newton's method) on labelled candidates: questions
/// of cnil_fr, wikit_fr, banking77 and clinc150 (6 to 10 example questions an intent), stackfaq_en, and the demo's
/// articles with the asked example question left out; one to three words out of titles, as people type them in a
/// search box; and, as what must be refused, questions of one set asked of another and clinc150's out-of-scope ones.
/// Every set weighs alike, a first candidate ten times a later one. Over the first candidates the confidence is
/// within 0.1 of the share that was right in each tenth.
/// </summary>
internal static class Confidence
{
    /// <summary>
    /// Below it the question is refused. There 55 to 84 of 100 questions that an article answers are answered, 2 to 17
    /// of 100 others, depending on the set; 28 of 100 others where 150 intents have a hundred example questions each.
    /// </summary>
    public const double Threshold = 0.35;

    /// <summary>The most that a question of common words alone can reach.</summary>
    public const double Vague = Threshold / 2;

    public static double Of(in Evidence evidence) =>
        1 / (1 + Math.Exp(-(-4.57 + 6.13 * evidence.Score + 0.65 * evidence.Coverage + 0.78 * evidence.Headline
            + 3.19 * evidence.Amount + 3.99 * evidence.Lead)));

    /// <summary>Shares of the question's concepts in an article: anywhere, and in its title or example questions.</summary>
    public static (float Anywhere, float Headline, float Amount) Coverage(Question question, int article)
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
        return all == 0 ? (0, 0, 0) : (anywhere / all, headline / all, anywhere / (anywhere + Bm25.Rarity(question.Snapshot.Totals.Articles, 0)));
    }

    /// <summary>Share, by rarity, of the question's concepts that any article knows.</summary>
    public static float Known(Question question)
    {
        var all = 0f;
        var known = 0f;
        foreach (var concept in question.Concepts)
        {
            var rarity = concept.Weight * Rarity(question.Snapshot, concept);
            all += rarity;
            known += concept.IsKnown ? rarity : 0;
        }
        return all == 0 ? 0 : known / all;
    }

    /// <summary>The rarity of its best variant; of what no article knows, the highest there is.</summary>
    private static float Rarity(Snapshot snapshot, Concept concept)
    {
        if (!concept.IsKnown)
            return Bm25.Rarity(snapshot.Totals.Articles, 0);
        var rarity = 0f;
        foreach (var term in concept.Variants[0].Terms)
            rarity = Math.Max(rarity, Bm25.Rarity(snapshot.Totals.Articles, term.ArticleFrequency));
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
