using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Domain.Search;

namespace Relais.Knowledge.Features;

/// <summary>The articles that the caller may know of: a partner's program never sees what is for staff alone.</summary>
internal sealed class VisibleArticles(KnowledgeDb db, CallerContext caller)
{
    public IQueryable<Article> Articles =>
        SeesInternal ? db.Articles : db.Articles.Where(article => article.Audience != Audiences.Internal);

    public IQueryable<ArticleVersion> Versions =>
        SeesInternal ? db.Versions : db.Versions.Where(version => version.Audience != Audiences.Internal);

    private bool SeesInternal => caller.Caller.Kind != CallerKind.Client;

    /// <summary>The article, to change it.</summary>
    public async Task<Outcome<Article>> FindAsync(string id, CancellationToken cancellationToken)
    {
        var key = Guid.Parse(id);
        var article = await Articles.FirstOrDefaultAsync(row => row.Id == key, cancellationToken);
        return article is null ? Unknown(id) : article;
    }

    public static Failure Unknown(string id) =>
        Failure.NotFound("article.not_found", $"There is no article {id}, or it is not for you to see. Look its id up in the list of articles.");

    public static Failure Taken(string externalId, string locale) => new(FailureKind.AlreadyExists, "article.external_id_taken",
        $"There is an article with the external id '{externalId}' in the locale '{locale}' already. Update that one, or choose another external id.");
}
