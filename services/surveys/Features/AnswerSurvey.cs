using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Surveys.Data;
using Relais.Surveys.Domain;
using Relais.Surveys.Grpc;
using Proto = Relais.Contracts.Surveys.V1;

namespace Relais.Surveys.Features;

/// <summary>A customer says how it was, with the token that came with the survey.</summary>
internal sealed class AnswerSurvey(SurveysDb db, UnitOfWork<SurveysDb> unit, TimeProvider clock)
{
    // Longer than any token; what is longer still is not hashed.
    private const int LongestToken = 200;

    public async Task<Outcome<Proto.Survey>> HandleAsync(Proto.AnswerSurveyRequest request, CancellationToken cancellationToken)
    {
        var check = new Check()
            .RequestId(request.RequestId)
            .Id(request.Id, "id")
            .Text(request.Token, "token", LongestToken)
            .That(request.Score is >= Survey.LowestScore and <= Survey.HighestScore, "score",
                string.Create(CultureInfo.InvariantCulture, $"must be from {Survey.LowestScore} (very unsatisfied) to {Survey.HighestScore} (very satisfied); it is {request.Score}."))
            .Text(request.Comment, "comment", Survey.LongestComment, required: false);
        if (check.Failure is { } failure)
            return failure;
        var id = Guid.Parse(request.Id);
        // Repetitions are known by the survey itself: anonymous customers share no name under which common could keep them.
        return await unit.WriteAsync<Proto.Survey>(async ct =>
        {
            var survey = await db.Surveys.SingleOrDefaultAsync(row => row.Id == id, ct);
            if (survey is null || !survey.IsOpenedBy(request.Token))
            {
                // The same for both, so that nobody learns which surveys exist.
                return Failure.NotFound("survey.not_found", "There is no such survey, or the token is not its own. Use the link that came with it.");
            }

            var now = clock.GetUtcNow();
            var answer = survey.Answer(request.RequestId, request.Score, request.Comment, now);
            if (answer.Failure is { } refused)
                return refused;
            if (answer.Value is { } answered)
                db.Publish(answered, now, survey.TraceParent);
            return survey.ToMessage();
        }, cancellationToken);
    }
}
