using System.Buffers;
using System.Collections.Concurrent;
using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Indexing;
using Relais.Knowledge.Domain.Search.Scoring;

namespace Relais.Knowledge.Domain.Search;

/// <summary>
/// The published articles of one tenant, in memory, and the answers found in them. Any number of threads may ask while
/// articles are put and removed; asking never waits. The same articles give the same answers, in whatever order they
/// came.
/// </summary>
/// <param name="ranking">How articles are ranked; null for the built-in signals.</param>
internal sealed class SearchIndex(Ranking? ranking = null)
{
    /// <summary>Candidates given when the caller does not say how many.</summary>
    public const int DefaultTake = 5;

    private readonly Ranking _ranking = ranking ?? Ranking.Default;
    private readonly ConcurrentDictionary<string, LanguageIndex> _languages = new();
    private readonly Dictionary<string, string> _languageOf = [];
    private readonly Lock _writing = new();

    /// <summary>Live articles over all locales.</summary>
    public int Count => _languages.Values.Sum(index => index.Current.Totals.Articles);

    /// <summary>Adds the article, or replaces an earlier version of it; a later version than this one stays.</summary>
    /// <returns>Whether it is now the version found.</returns>
    public bool Put(ArticleDocument article) => Put([article]) == 1;

    /// <summary>Puts many articles and shows them all at once: what an import and the first load use.</summary>
    /// <returns>How many are now the version found.</returns>
    public int Put(IEnumerable<ArticleDocument> articles)
    {
        lock (_writing)
        {
            var touched = new HashSet<LanguageIndex>();
            var put = 0;
            foreach (var article in articles)
            {
                var code = Language.CodeOf(article.Locale);
                if (_languageOf.TryGetValue(article.Id, out var held))
                {
                    var holder = _languages[held];
                    if (holder.VersionOf(article.Id) > article.Version)
                        continue;
                    if (held != code)
                    {
                        holder.Remove(article.Id);
                        touched.Add(holder);
                    }
                }
                var index = _languages.GetOrAdd(code, static language => new LanguageIndex(Analyzer.Of(language)));
                index.Put(article);
                touched.Add(index);
                _languageOf[article.Id] = code;
                put++;
            }
            foreach (var index in touched)
                index.Publish();
            return put;
        }
    }

    /// <summary>Removes the article if it is there.</summary>
    public bool Remove(string articleId)
    {
        lock (_writing)
        {
            if (!_languageOf.Remove(articleId, out var code))
                return false;
            _languages[code].Remove(articleId);
            _languages[code].Publish();
            return true;
        }
    }

    /// <summary>Finds the articles that answer a question, and decides whether the first is trusted.</summary>
    /// <param name="question">In the customer's words; what is beyond 2,000 characters is not read.</param>
    /// <param name="locale">The language wanted.</param>
    /// <param name="audience">Who asks; see <see cref="Audiences.Sees"/>.</param>
    /// <param name="take">Candidates wanted.</param>
    public AskResult Ask(string question, string locale, string? audience = null, int take = DefaultTake)
    {
        var asked = Language.CodeOf(locale);
        var own = _languages.TryGetValue(asked, out var index)
            ? Search(index.Current, question, audience, take)
            : Found.Nothing;
        if (own.Matched)
            return own.Result;

        var best = own;
        foreach (var (code, other) in _languages.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (code == asked)
                continue;
            var found = Search(other.Current, question, audience, take);
            if (best.Result.Candidates.Count == 0 || (found.Result.Answered && found.Confidence > best.Confidence))
                best = found;
        }
        return ReferenceEquals(best, own) ? own.Result : best.Result with { FromOtherLocale = best.Result.Candidates.Count > 0 };
    }

    private Found Search(Snapshot snapshot, string text, string? audience, int take)
    {
        if (snapshot.Totals.Articles == 0 || take <= 0)
            return Found.Nothing;
        var question = Question.Read(text, snapshot);
        if (question.Concepts.Count == 0 && question.Groups.Count == 0 && question.UnknownGroups == 0)
            return Found.Nothing;

        var rented = ArrayPool<float>.Shared.Rent(snapshot.Articles);
        try
        {
            var scores = rented.AsSpan(0, snapshot.Articles);
            scores.Clear();
            _ranking.Score(question, scores);
            return Answer(question, scores, audience, take);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    private static Found Answer(Question question, ReadOnlySpan<float> scores, string? audience, int take)
    {
        // One more than wanted, so that the last one's lead is known too.
        var best = Best(question.Snapshot, scores, audience, take + 1);
        var candidates = new List<Candidate>(Math.Min(take, best.Count));
        var confidence = question.IsVague ? Confidence.Vague : 1.0;
        var matched = false;
        for (var i = 0; i < best.Count && i < take; i++)
        {
            var article = question.Snapshot.Data.Articles[best[i]];
            var evidence = EvidenceOf(question, scores, best, i);
            matched |= evidence.Coverage > 0;
            confidence = Math.Min(confidence, Confidence.Of(evidence));
            candidates.Add(new Candidate(article.Id, article.Version, article.Locale, article.Title, article.Category,
                Snippet.Of(article.Beginning(Snippet.LongestBody), question), confidence));
        }
        var answered = candidates.Count > 0 && candidates[0].Confidence >= Confidence.Threshold;
        return new Found(new AskResult(answered, candidates, FromOtherLocale: false), matched);
    }

    internal static Evidence EvidenceOf(Question question, ReadOnlySpan<float> scores, IReadOnlyList<int> best, int at)
    {
        var score = scores[best[at]];
        var next = at + 1 < best.Count ? scores[best[at + 1]] : 0;
        var (anywhere, headline, amount) = Confidence.Coverage(question, best[at]);
        return new Evidence(score * Confidence.Known(question), anywhere, headline, amount, score > 0 ? anywhere * (score - next) / score : 0);
    }

    /// <summary>The highest scores among the articles that may be shown; equal ones in the order of their identifiers.</summary>
    internal static List<int> Best(Snapshot snapshot, ReadOnlySpan<float> scores, string? audience, int take)
    {
        var best = new List<int>(take + 1);
        for (var i = 0; i < scores.Length; i++)
        {
            if (best.Count == take && scores[i] < scores[best[^1]])
                continue;
            if (!snapshot.IsLive(i) || !Audiences.Sees(snapshot.Data.Articles[i].Audience, audience))
                continue;
            var at = best.Count;
            while (at > 0 && Before(snapshot, scores, i, best[at - 1]))
                at--;
            best.Insert(at, i);
            if (best.Count > take)
                best.RemoveAt(take);
        }
        return best;
    }

    private static bool Before(Snapshot snapshot, ReadOnlySpan<float> scores, int one, int other) =>
        scores[one] != scores[other]
            ? scores[one] > scores[other]
            : string.CompareOrdinal(snapshot.Data.Articles[one].Id, snapshot.Data.Articles[other].Id) < 0;

    private sealed record Found(AskResult Result, bool Matched)
    {
        public static readonly Found Nothing = new(AskResult.Nothing, false);

        public double Confidence => Result.Candidates.Count > 0 ? Result.Candidates[0].Confidence : 0;
    }
}
