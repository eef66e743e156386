using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain;

namespace Relais.Knowledge.Answers;

/// <summary>Reads from the database what readers find, for the <see cref="AnswerIndex"/>.</summary>
internal sealed partial class PublishedArticles(Func<KnowledgeDb> open, AnswerIndex answers, ILogger<PublishedArticles> log)
{
    // Articles shown at once: enough that showing costs nothing, few enough that a start holds little twice.
    private const int Batch = 500;

    /// <summary>Fills the index with the articles of every tenant.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var batches = new Dictionary<string, List<ArticleStanding>>(StringComparer.Ordinal);
        var tenants = new HashSet<string>(StringComparer.Ordinal);
        var articles = 0;
        var applying = Task.CompletedTask;
        await using var db = open();
        var rows =
            from article in db.Articles.IgnoreQueryFilters().AsNoTracking()
            join version in db.Versions.IgnoreQueryFilters() on new { article.Id, article.Version } equals new { Id = version.ArticleId, version.Version }
            where article.State == ArticleState.Published || article.State == ArticleState.Changed
            select new
            {
                article.TenantId,
                Standing = new ArticleStanding(article.Id, article.Revision, new FoundArticle(
                    version.Version, version.Locale, version.Title, version.PlainText, version.Category, version.Audience,
                    version.ExampleQuestions, version.Keywords, version.ExternalId, version.RequiredSkills)),
            };
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            if (!batches.TryGetValue(row.TenantId, out var batch))
                batches[row.TenantId] = batch = new List<ArticleStanding>(Batch);
            batch.Add(row.Standing);
            articles++;
            tenants.Add(row.TenantId);
            if (batch.Count < Batch)
                continue;
            // One batch is shown while the next is read.
            await applying;
            applying = Task.Run(() => answers.Apply(row.TenantId, batch), cancellationToken);
            batches.Remove(row.TenantId);
        }

        await applying;
        foreach (var (tenantId, batch) in batches)
            answers.Apply(tenantId, batch);
        LogLoaded(articles, tenants.Count, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Brings those articles in the index to where the database has them that have changed unheard.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await using var db = open();
        var rows = await db.Articles.IgnoreQueryFilters().AsNoTracking()
            .Select(article => new { article.TenantId, article.Id, article.Revision, article.State })
            .ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            var held = answers.Of(row.TenantId)?.CardOf(row.Id);
            var found = row.State is ArticleState.Published or ArticleState.Changed;
            if (found ? held is null || held.Revision < row.Revision : held is not null)
                await FollowAsync(row.TenantId, row.Id, cancellationToken);
        }
    }

    /// <summary>Brings one article in the index to where the database has it.</summary>
    public async Task FollowAsync(string tenantId, Guid articleId, CancellationToken cancellationToken)
    {
        await using var db = open();
        db.TenantId = tenantId;
        // One statement, so that revision and version belong together.
        var row = await (
            from article in db.Articles.AsNoTracking()
            join version in db.Versions on new { article.Id, article.Version } equals new { Id = version.ArticleId, version.Version } into versions
            from version in versions.DefaultIfEmpty()
            where article.Id == articleId
            select new { Article = article, Version = version }).FirstOrDefaultAsync(cancellationToken);
        if (row is null)
            return;
        answers.Apply(tenantId, [row.Article.IsFound ? ArticleStanding.Of(row.Article, row.Version) : ArticleStanding.Gone(row.Article)]);
    }

    [LoggerMessage(EventId = 3001, EventName = "answers_loaded", Level = LogLevel.Information,
        Message = "{Articles} published articles of {Tenants} tenants are ready to answer after {Milliseconds} ms")]
    private partial void LogLoaded(int articles, int tenants, long milliseconds);
}
