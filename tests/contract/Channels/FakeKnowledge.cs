using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Types.V1;

namespace Relais.Contract.Channels;

/// <summary>
/// A knowledge base that knows one article, about bills; questions with "gas" have something near, others nothing. It can
/// be away, and it can take its time.
/// </summary>
internal sealed class FakeKnowledge : ServiceTarget
{
    public static readonly Guid BillArticle = Guid.CreateVersion7();

    public override string Name => "knowledge";

    public ConcurrentQueue<AskRequest> Asked { get; } = new();

    /// <summary>While true, every question fails as if the service were down.</summary>
    public bool Away { get; set; }

    /// <summary>Questions wait for it.</summary>
    public Task Pause { get; set; } = Task.CompletedTask;

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(this);
        builder.Services.AddScoped<Answers>();
    }

    public override void Map(WebApplication app) => app.MapGrpcService<Answers>();

    private async Task<AskResponse> AnswerAsync(AskRequest request, CancellationToken cancellationToken)
    {
        Asked.Enqueue(request);
        await Pause.WaitAsync(cancellationToken);
        if (Away)
            throw new RpcException(new Status(StatusCode.Unavailable, "away on purpose"));
        var response = new AskResponse { Answered = request.Question.Contains("bill", StringComparison.Ordinal) };
        if (response.Answered)
            response.Answers.Add(Article(BillArticle, "Understand my bill", 0.9, "billing"));
        else if (request.Question.Contains("gas", StringComparison.Ordinal))
            response.Answers.Add(Article(Guid.CreateVersion7(), "Power cuts", 0.2, "power"));
        return response;
    }

    private static AskResponse.Types.Answer Article(Guid id, string title, double confidence, string category) => new()
    {
        ArticleId = id.ToString(),
        Version = 3,
        Title = title,
        Snippet = $"From {title}.",
        Confidence = confidence,
        Category = category,
        RequiredSkills = { new SkillRequirement { Skill = category, MinimumLevel = 2 } },
    };

    private sealed class Answers(FakeKnowledge knowledge) : global::Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeBase
    {
        public override Task<AskResponse> Ask(AskRequest request, ServerCallContext context) => knowledge.AnswerAsync(request, context.CancellationToken);
    }
}
