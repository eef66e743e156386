using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Grpc;
using Article = Relais.Knowledge.Domain.Article;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Features;

/// <summary>Starts an article as a draft.</summary>
internal sealed class CreateArticle(KnowledgeDb db, UnitOfWork<KnowledgeDb> unit, TimeProvider clock)
{
    public async Task<Outcome<Proto.Article>> HandleAsync(CreateArticleRequest request, CancellationToken cancellationToken)
    {
        var content = new ArticleContent(
            request.Title,
            request.Body,
            ArticleMessages.FormatOf(request.BodyFormat, request.Body),
            request.Locale,
            request.Category,
            ArticleRules.AudienceOf(request.Audience),
            [.. request.ExampleQuestions],
            [.. request.RequiredSkills.Select(ArticleMessages.ToNeed)],
            []);
        if (ArticleMessages.FailureOf(ArticleRules.Check(content, request.ExternalId)) is { } failure)
            return failure;
        return await unit.OnceAsync<Proto.Article>(request.RequestId, request, async ct =>
        {
            if (request.ExternalId.Length > 0
                && await db.Articles.AnyAsync(row => row.ExternalId == request.ExternalId && row.Locale == request.Locale, ct))
            {
                return VisibleArticles.Taken(request.ExternalId, request.Locale);
            }

            var article = Article.Draft(content, request.ExternalId, clock.GetUtcNow());
            db.Articles.Add(article);
            // Saved now, so that the answer has the etag of the saved row.
            await db.SaveChangesAsync(ct);
            return article.ToMessage();
        }, cancellationToken);
    }
}
