using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Answers;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Grpc;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Features;

/// <summary>
/// Makes an article's draft the version that readers see, and that the next question finds. Where they see it already,
/// nothing happens.
/// </summary>
internal sealed class PublishArticle(
    KnowledgeDb db, UnitOfWork<KnowledgeDb> unit, VisibleArticles visible, AnswerIndex answers, TimeProvider clock)
{
    public async Task<Outcome<Proto.Article>> HandleAsync(PublishArticleRequest request, CancellationToken cancellationToken)
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
            if (article.Publish(Markup.TextOf(article.Body, article.Format), now) is not { } version)
                return article.ToMessage();
            db.Versions.Add(version);
            // Saved now, so that the answer has the etag of the saved row.
            await db.SaveChangesAsync(ct);
            db.Publish(version.ToEvent(), now);
            unit.AfterCommit(() => answers.Apply(article.TenantId, [ArticleStanding.Of(article, version)]));
            return article.ToMessage();
        }, cancellationToken);
    }
}
