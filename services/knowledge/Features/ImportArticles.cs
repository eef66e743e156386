using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Answers;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Import;
using Article = Relais.Knowledge.Domain.Article;

namespace Relais.Knowledge.Features;

/// <summary>
/// Takes many articles at once, in one transaction and one change of the index. Good entries go in, each bad one is
/// reported. An entry whose external id and locale are known changes that article.
/// </summary>
internal sealed class ImportArticles(KnowledgeDb db, UnitOfWork<KnowledgeDb> unit, AnswerIndex answers, TimeProvider clock)
{
    private const int MostEntries = 1_000;

    public async Task<Outcome<ImportArticlesResponse>> HandleAsync(ImportArticlesRequest request, CancellationToken cancellationToken)
    {
        var check = new Check()
            .That(request.Articles.Count > 0, "articles", "must hold at least one entry.")
            .That(request.Articles.Count <= MostEntries, "articles", $"must hold at most {MostEntries} entries; it has {request.Articles.Count}. Send the rest with the next call.")
            .Locale(request.Locale, "locale", required: false);
        if (check.Failure is { } failure)
            return failure;

        var entries = request.Articles.Select((entry, position) => ImportEntry.Read(position, entry, request.Locale)).ToList();
        var problems = entries.SelectMany(entry => entry.Defects.Select(defect => Problem(entry, defect))).ToList();
        var good = WithoutDuplicates(entries.Where(entry => entry.Defects.Count == 0), problems);
        // Markup is read before the transaction, which then keeps no other writer waiting for it.
        var texts = request.Publish ? TextsOf(good, cancellationToken) : [];

        return await unit.OnceAsync<ImportArticlesResponse>(request.RequestId, request, async ct =>
        {
            var response = new ImportArticlesResponse();
            response.Problems.AddRange(problems.OrderBy(problem => problem.Position));
            var known = await FindKnownAsync(good, ct);
            var published = new List<(Article Article, ArticleVersion Version)>();
            var now = clock.GetUtcNow();
            for (var i = 0; i < good.Count; i++)
            {
                if (known.TryGetValue((good[i].ExternalId, good[i].Content.Locale), out var article))
                {
                    article.Rewrite(good[i].Content, now);
                    response.Updated++;
                }
                else
                {
                    article = Article.Draft(good[i].Content, good[i].ExternalId, now);
                    db.Articles.Add(article);
                    response.Imported++;
                }

                if (!request.Publish || article.Publish(texts[i], now) is not { } version)
                    continue;
                db.Versions.Add(version);
                db.Publish(version.ToEvent(), now);
                published.Add((article, version));
            }

            if (published.Count > 0)
                unit.AfterCommit(() => answers.Apply(db.TenantId!, published.Select(row => ArticleStanding.Of(row.Article, row.Version))));
            return response;
        }, cancellationToken);
    }

    private static List<ImportEntry> WithoutDuplicates(IEnumerable<ImportEntry> entries, List<ImportArticlesResponse.Types.Problem> problems)
    {
        var first = new Dictionary<(string, string), int>();
        var kept = new List<ImportEntry>();
        foreach (var entry in entries)
        {
            if (entry.ExternalId.Length == 0 || first.TryAdd((entry.ExternalId, entry.Content.Locale), entry.Position))
            {
                kept.Add(entry);
                continue;
            }

            problems.Add(Problem(entry, new Defect("externalId", "import.duplicate",
                $"is that of entry {first[(entry.ExternalId, entry.Content.Locale)]}, in the same locale. The first one counts.")));
        }

        return kept;
    }

    private static string[] TextsOf(List<ImportEntry> entries, CancellationToken cancellationToken) =>
        [.. entries.AsParallel().AsOrdered().WithCancellation(cancellationToken).Select(entry => Markup.TextOf(entry.Content.Body, entry.Content.Format))];

    private async Task<Dictionary<(string, string), Article>> FindKnownAsync(List<ImportEntry> entries, CancellationToken cancellationToken)
    {
        var keys = entries.Where(entry => entry.ExternalId.Length > 0).Select(entry => entry.ExternalId).Distinct().ToList();
        return keys.Count == 0
            ? []
            : await db.Articles.Where(article => keys.Contains(article.ExternalId!))
                .ToDictionaryAsync(article => (article.ExternalId!, article.Locale), cancellationToken);
    }

    private static ImportArticlesResponse.Types.Problem Problem(ImportEntry entry, Defect defect) => new()
    {
        Position = entry.Position,
        Field = defect.Field,
        Code = defect.Code,
        Message = $"Entry {entry.Position}{(defect.Field.Length == 0 ? "" : $", {defect.Field}")}: {defect.Message}",
    };
}
