using System.Diagnostics.Metrics;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge.Answers;
using Relais.Knowledge.Domain;
using Relais.Knowledge.Domain.Search;
using Relais.Knowledge.Grpc;

namespace Relais.Knowledge.Features;

/// <summary>Answers a question from published articles, or says that none answers it. It reads memory alone.</summary>
internal sealed class AskQuestion(AnswerIndex answers, CallerContext caller)
{
    private const int MostAnswers = 20;

    private static readonly Meter Meter = new("Relais.Knowledge");

    private static readonly Counter<long> Questions =
        Meter.CreateCounter<long>("relais.knowledge.questions", "{question}", "Questions asked, by whether they were answered.");

    public Outcome<AskResponse> Handle(AskRequest request)
    {
        if (new Check()
                .Text(request.Question, "question")
                .Locale(request.Locale, "locale", required: false)
                .Text(request.Audience, "audience", ArticleRules.LongestName, required: false)
                .That(request.Limit >= 0, "limit", $"must be 1 to {MostAnswers}, or 0 for {SearchIndex.DefaultTake}.").Failure is { } failure)
        {
            return failure;
        }

        var audience = ArticleRules.AudienceOf(request.Audience);
        if (audience == Audiences.Internal && !MayReadInternal())
        {
            return Failure.Denied("audience.denied", "Only staff may ask for internal articles. Sign in, or leave the audience out.");
        }

        var response = new AskResponse();
        if (answers.Of(caller.TenantId) is not { } tenant)
            return response;
        var take = request.Limit == 0 ? SearchIndex.DefaultTake : Math.Min(request.Limit, MostAnswers);
        var result = tenant.Ask(request.Question, request.Locale, audience, take);
        response.Answered = result.Answered;
        foreach (var candidate in result.Candidates)
            response.Answers.Add(ToAnswer(candidate, tenant.CardOf(Guid.Parse(candidate.ArticleId))));
        Questions.Add(1, new KeyValuePair<string, object?>("answered", result.Answered));
        return response;
    }

    // Staff, and the services that work for them.
    private bool MayReadInternal() => caller.Caller.Kind switch
    {
        CallerKind.Staff => caller.Caller.May("articles.read"),
        CallerKind.Service => true,
        _ => false,
    };

    private static AskResponse.Types.Answer ToAnswer(Candidate candidate, ArticleCard? card)
    {
        var answer = new AskResponse.Types.Answer
        {
            ArticleId = candidate.ArticleId,
            Version = (int)candidate.Version,
            Title = candidate.Title,
            Snippet = candidate.Snippet,
            Confidence = candidate.Confidence,
            Category = candidate.Category ?? "",
            Locale = candidate.Locale,
        };
        if (card is not null)
        {
            answer.ExternalId = card.ExternalId;
            answer.RequiredSkills.AddRange(card.RequiredSkills.Select(ArticleMessages.ToMessage));
        }

        return answer;
    }
}
