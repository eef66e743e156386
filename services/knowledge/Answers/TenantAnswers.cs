using System.Collections.Concurrent;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Domain.Search;
using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Scoring;

namespace Relais.Knowledge.Answers;

/// <summary>What an answer tells of its article besides what search knows.</summary>
/// <param name="Version">The version found; 0 for an article that was archived.</param>
internal sealed record ArticleCard(int Revision, int Version, string ExternalId, IReadOnlyList<SkillNeed> RequiredSkills);

/// <summary>One tenant's published articles. Asking never waits for changes.</summary>
internal sealed class TenantAnswers(Ranking ranking)
{
    private readonly SearchIndex index = new(ranking);
    private readonly ConcurrentDictionary<Guid, ArticleCard> cards = new();
    private readonly ConcurrentDictionary<string, bool> languages = new(StringComparer.Ordinal);
    private readonly Lock changing = new();

    /// <summary>Articles that readers find.</summary>
    public int Count => index.Count;

    /// <summary>What is known of an article that is found, or was.</summary>
    public ArticleCard? CardOf(Guid articleId) => cards.GetValueOrDefault(articleId);

    /// <summary>
    /// The best answers. Without a locale every language is asked and the surest answer counts; an article in another
    /// language than the one wanted answers only where that one has none.
    /// </summary>
    public AskResult Ask(string question, string locale, string audience, int take)
    {
        if (locale.Length > 0)
            return index.Ask(question, locale, audience, take);
        var best = AskResult.Nothing;
        foreach (var language in languages.Keys.Order(StringComparer.Ordinal))
        {
            var result = index.Ask(question, language, audience, take);
            if (best.Candidates.Count == 0 || result.Candidates is [var first, ..] && first.Confidence > best.Candidates[0].Confidence)
                best = result;
        }

        return best;
    }

    /// <summary>See <see cref="AnswerIndex.Apply"/>.</summary>
    public void Apply(IEnumerable<ArticleStanding> standings)
    {
        lock (changing)
        {
            var documents = new List<ArticleDocument>();
            foreach (var (id, revision, article) in standings)
            {
                if (cards.TryGetValue(id, out var held) && held.Revision >= revision)
                    continue;
                // The card comes before the document, so that whatever search finds has one.
                if (article is not null)
                {
                    cards[id] = new ArticleCard(revision, article.Version, article.ExternalId ?? "", article.RequiredSkills);
                    languages.TryAdd(Language.CodeOf(article.Locale), true);
                    documents.Add(article.ToDocument(id));
                    continue;
                }

                cards[id] = new ArticleCard(revision, 0, "", []);
                index.Put(documents);
                documents.Clear();
                index.Remove(id.ToString());
            }

            index.Put(documents);
        }
    }
}
