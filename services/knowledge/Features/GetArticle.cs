using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Grpc;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Features;

/// <summary>Reads an article's draft, or one of its published versions.</summary>
internal sealed class GetArticle(VisibleArticles visible)
{
    public async Task<Outcome<Proto.Article>> HandleAsync(GetArticleRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").That(request.Version >= 0, "version", "must be 0 for the draft, or a published version.").Failure is { } failure)
            return failure;
        var id = Guid.Parse(request.Id);
        if (request.Version == 0)
        {
            var article = await visible.Articles.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken);
            return article is null ? VisibleArticles.Unknown(request.Id) : article.ToMessage();
        }

        var found = await (
            from version in visible.Versions.AsNoTracking()
            join article in visible.Articles on version.ArticleId equals article.Id
            where version.ArticleId == id && version.Version == request.Version
            select new { Version = version, article.CreatedAt }).FirstOrDefaultAsync(cancellationToken);
        return found is null
            ? Failure.NotFound("article.version_not_found", $"Article {request.Id} has no published version {request.Version}. Its versions are listed under /versions.")
            : found.Version.ToMessage(found.CreatedAt);
    }
}
