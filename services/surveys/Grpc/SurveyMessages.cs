using Google.Protobuf.WellKnownTypes;
using Relais.Surveys.Domain;
using Proto = Relais.Contracts.Surveys.V1;

namespace Relais.Surveys.Grpc;

/// <summary>Surveys and figures as the contract has them.</summary>
internal static class SurveyMessages
{
    public static Proto.Survey ToMessage(this Survey survey) => new()
    {
        Id = survey.Id.ToString(),
        Kind = survey.Kind,
        TicketId = survey.TicketId.ToString(),
        ConversationId = survey.ConversationId.ToString(),
        State = survey.AnsweredAt is null ? Proto.Survey.Types.State.Sent : Proto.Survey.Types.State.Answered,
        Score = survey.Score ?? 0,
        Comment = survey.Comment,
        SentAt = survey.SentAt.ToTimestamp(),
        AnsweredAt = survey.AnsweredAt?.ToTimestamp(),
    };

    public static Proto.Figures ToMessage(this Figures figures)
    {
        var message = new Proto.Figures
        {
            Counts = new Proto.Figures.Types.Counts
            {
                Conversations = figures.Counts.Conversations,
                SelfCareAnswers = figures.Counts.Answers,
                SelfCareRefusals = figures.Counts.Refusals,
                SolvedBySelfCare = figures.Counts.SolvedBySelfCare,
                Transferred = figures.Counts.Transferred,
                Abandoned = figures.Counts.Abandoned,
                TicketsOpened = figures.Counts.TicketsOpened,
                TicketsResolved = figures.Counts.TicketsResolved,
                TicketsReopened = figures.Counts.TicketsReopened,
                SurveysSent = figures.Counts.SurveysSent,
                SurveysAnswered = figures.Counts.SurveysAnswered,
            },
        };
        if (figures.SelfCareResolutionRate is { } selfCare)
            message.SelfCareResolutionRate = selfCare;
        if (figures.TransferRate is { } transfer)
            message.TransferRate = transfer;
        if (figures.AbandonmentRate is { } abandonment)
            message.AbandonmentRate = abandonment;
        if (figures.FirstResponseSeconds is { } response)
        {
            message.FirstResponseSeconds = new Proto.Figures.Types.Distribution
            {
                P50 = response.P50,
                P90 = response.P90,
                Mean = response.Mean,
                Count = response.Count,
            };
        }

        if (figures.FirstContactResolutionRate is { } firstContact)
            message.FirstContactResolutionRate = firstContact;
        if (figures.Csat is { } csat)
            message.Csat = csat;
        if (figures.Nps is { } nps)
            message.Nps = nps;
        if (figures.Ces is { } ces)
            message.Ces = ces;
        if (figures.ResponsivenessScore is { } score)
            message.ResponsivenessScore = score;
        return message;
    }
}
