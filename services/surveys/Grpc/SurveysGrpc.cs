using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Surveys.V1;
using Relais.Surveys.Features;

namespace Relais.Surveys.Grpc;

internal sealed class SurveysGrpc(AnswerSurvey answerSurvey, ListSurveys listSurveys, GetFigures getFigures)
    : Contracts.Surveys.V1.Surveys.SurveysBase
{
    public override Task<Survey> AnswerSurvey(AnswerSurveyRequest request, ServerCallContext context) =>
        answerSurvey.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListSurveysResponse> ListSurveys(ListSurveysRequest request, ServerCallContext context) =>
        listSurveys.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Figures> GetFigures(GetFiguresRequest request, ServerCallContext context) =>
        getFigures.HandleAsync(request, context.CancellationToken).OrThrow();
}
