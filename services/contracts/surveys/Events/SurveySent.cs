namespace Relais.Contracts.Surveys;

/// <summary>A survey is to reach the customer in their conversation.</summary>
/// <param name="Token">Answers this survey, once.</param>
public sealed record SurveySent(
    Guid SurveyId, string Kind, string Token, Guid TicketId, Guid ConversationId, string Locale, int MinimumScore, int MaximumScore,
    DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.surveys.survey-sent.v1";

    public string Key => ConversationId.ToString();
}
