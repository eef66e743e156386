using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Answers;
using Relais.Knowledge.Data;
using Relais.Knowledge.Grpc;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Features;

/// <summary>Takes an article out of search and answers. An archived one stays as it is.</summary>
internal sealed class ArchiveArticle(
    KnowledgeDb db, UnitOfWork<KnowledgeDb> unit, VisibleArticles visible, AnswerIndex answers, TimeProvider clock)
{
    public async Task<Outcome<Proto.Article>> HandleAsync(ArchiveArticleRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").Failure is { } noId)
            return noId;
        return await unit.OnceAsync<Proto.Article>(request.RequestId, request, async ct =>
        {
            var found = await visible.FindAsync(request.Id, ct);
            if (found.Failure is { } unknown)
                return unknown;
            var article = found.Value;
            if (Etags.Check(request.Etag, article, "article") is { } stale)
                return stale;
            var now = clock.GetUtcNow();
            var wasFound = article.Archive(now);
            // Saved now, so that the answer has the etag of the saved row.
            await db.SaveChangesAsync(ct);
            if (wasFound)
            {
                db.Publish(new ArticleArchived(article.Id, now), now);
                unit.AfterCommit(() => answers.Apply(article.TenantId, [ArticleStanding.Gone(article)]));
            }

            return article.ToMessage();
        }, cancellationToken);
    }
}
