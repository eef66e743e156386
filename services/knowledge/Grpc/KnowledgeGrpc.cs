using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Features;
using Proto = Relais.Contracts.Knowledge.V1;

namespace Relais.Knowledge.Grpc;

internal sealed class KnowledgeGrpc(
    CreateArticle create, GetArticle get, ListArticles list, UpdateArticle update, PublishArticle publish, ArchiveArticle archive,
    ListArticleVersions versions, ImportArticles import, AskQuestion ask) : Proto.Knowledge.KnowledgeBase
{
    public override Task<Article> CreateArticle(CreateArticleRequest request, ServerCallContext context) =>
        create.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Article> GetArticle(GetArticleRequest request, ServerCallContext context) =>
        get.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListArticlesResponse> ListArticles(ListArticlesRequest request, ServerCallContext context) =>
        list.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Article> UpdateArticle(UpdateArticleRequest request, ServerCallContext context) =>
        update.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Article> PublishArticle(PublishArticleRequest request, ServerCallContext context) =>
        publish.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Article> ArchiveArticle(ArchiveArticleRequest request, ServerCallContext context) =>
        archive.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListArticleVersionsResponse> ListArticleVersions(ListArticleVersionsRequest request, ServerCallContext context) =>
        versions.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ImportArticlesResponse> ImportArticles(ImportArticlesRequest request, ServerCallContext context) =>
        import.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<AskResponse> Ask(AskRequest request, ServerCallContext context) =>
        Task.FromResult(ask.Handle(request)).OrThrow();
}
