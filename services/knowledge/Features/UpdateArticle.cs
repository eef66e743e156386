using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Grpc;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Features;

/// <summary>Changes an article's draft; readers go on seeing the published version.</summary>
internal sealed class UpdateArticle(KnowledgeDb db, UnitOfWork<KnowledgeDb> unit, VisibleArticles visible, TimeProvider clock)
{
    public async Task<Outcome<Proto.Article>> HandleAsync(UpdateArticleRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").Failure is { } noId)
            return noId;
        var fields = ArticleMask.FieldsOf(request);
        if (fields.Failure is { } badMask)
            return badMask;
        return await unit.OnceAsync<Proto.Article>(request.RequestId, request, async ct =>
        {
            var found = await visible.FindAsync(request.Id, ct);
            if (found.Failure is { } unknown)
                return unknown;
            var article = found.Value;
            if (Etags.Check(request.Etag, article, "article") is { } stale)
                return stale;
            var content = ArticleMask.Apply(request, fields.Value, article.ToContent());
            if (ArticleMessages.FailureOf(ArticleRules.Check(content, "")) is { } defects)
                return defects;
            if (article.ExternalId is { } key && content.Locale != article.Locale
                && await db.Articles.AnyAsync(row => row.ExternalId == key && row.Locale == content.Locale, ct))
            {
                return VisibleArticles.Taken(key, content.Locale);
            }

            article.Rewrite(content, clock.GetUtcNow());
            // Saved now, so that the answer has the etag of the saved row.
            await db.SaveChangesAsync(ct);
            return article.ToMessage();
        }, cancellationToken);
    }
}
