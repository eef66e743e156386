using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts.Knowledge;
using Relais.Knowledge.Answers;

namespace Relais.Knowledge.Consumers;

/// <summary>
/// Has answers found in a version that was published anywhere. The effect is this process's memory alone and repeating
/// it changes nothing, so it takes no note in the inbox.
/// </summary>
internal sealed class FindPublishedArticle(Inbox inbox, CallerContext caller, AnswerIndex answers, PublishedArticles articles)
    : EventConsumer<ArticlePublished>(inbox)
{
    protected override Task HandleAsync(ArticlePublished @event, CancellationToken cancellationToken)
    {
        var tenantId = caller.Caller.TenantId;
        // The replica that published knows already.
        return answers.Of(tenantId)?.CardOf(@event.ArticleId) is { } card && card.Version >= @event.Version
            ? Task.CompletedTask
            : articles.FollowAsync(tenantId, @event.ArticleId, cancellationToken);
    }
}
