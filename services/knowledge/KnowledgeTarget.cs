using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contracts.Knowledge;
using Relais.Knowledge.Answers;
using Relais.Knowledge.Consumers;
using Relais.Knowledge.Data;
using Relais.Knowledge.Domain.Search.Scoring;
using Relais.Knowledge.Features;
using Relais.Knowledge.Grpc;

namespace Relais.Knowledge;

/// <summary>Articles, and answers from them.</summary>
public sealed class KnowledgeTarget : ServiceTarget
{
    // 1,000 entries of an import with bodies as large as they may be would be more; a caller then sends fewer at once.
    private const int LargestImport = 64 * 1024 * 1024;

    public override string Name => "knowledge";

    public override IReadOnlyList<string> Needs => ["identity"];

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.AddServiceDatabase<KnowledgeDb, SqliteKnowledgeDb, PostgresKnowledgeDb>(Name);
        builder.AddReplicaConsumer<FindPublishedArticle, ArticlePublished>();
        builder.AddReplicaConsumer<ForgetArchivedArticle, ArticleArchived>();
        builder.Services.AddSingleton(Ranking.Default);
        builder.Services.AddSingleton<AnswerIndex>();
        builder.Services.AddSingleton<PublishedArticles>();
        builder.Services.AddSingleton(provider => new ReplicaResync(provider.GetRequiredService<PublishedArticles>().CatchUpAsync));
        builder.Services.AddScoped<VisibleArticles>();
        builder.Services.AddScoped<CreateArticle>();
        builder.Services.AddScoped<GetArticle>();
        builder.Services.AddScoped<ListArticles>();
        builder.Services.AddScoped<UpdateArticle>();
        builder.Services.AddScoped<PublishArticle>();
        builder.Services.AddScoped<ArchiveArticle>();
        builder.Services.AddScoped<ListArticleVersions>();
        builder.Services.AddScoped<ImportArticles>();
        builder.Services.AddScoped<AskQuestion>();
        builder.Services.AddGrpc().AddServiceOptions<KnowledgeGrpc>(options => options.MaxReceiveMessageSize = LargestImport);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = LargestImport + 1024);
    }

    public override void Map(WebApplication app) => app.MapGrpcService<KnowledgeGrpc>();

    public override Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<PublishedArticles>().LoadAsync(cancellationToken);
}
