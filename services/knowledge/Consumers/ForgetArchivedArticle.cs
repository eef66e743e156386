using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts.Knowledge;
using Relais.Knowledge.Answers;

namespace Relais.Knowledge.Consumers;

/// <summary>Takes an article that was archived anywhere out of answers; like <see cref="FindPublishedArticle"/> it may run again.</summary>
internal sealed class ForgetArchivedArticle(Inbox inbox, CallerContext caller, PublishedArticles articles) : EventConsumer<ArticleArchived>(inbox)
{
    protected override Task HandleAsync(ArticleArchived @event, CancellationToken cancellationToken) =>
        articles.FollowAsync(caller.Caller.TenantId, @event.ArticleId, cancellationToken);
}
