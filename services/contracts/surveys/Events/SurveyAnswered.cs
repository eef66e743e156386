namespace Relais.Contracts.Surveys;

/// <summary>A customer answered a survey.</summary>
public sealed record SurveyAnswered(Guid SurveyId, string Kind, Guid TicketId, Guid ConversationId, int Score, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.surveys.survey-answered.v1";

    public string Key => ConversationId.ToString();
}
