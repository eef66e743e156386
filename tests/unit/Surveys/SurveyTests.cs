using Relais.Contracts.Tickets;
using Relais.Surveys.Domain;

namespace Relais.Unit.Surveys;

public sealed class SurveyTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private static readonly TicketResolved Resolved =
        new(Guid.NewGuid(), "T-1001", Guid.NewGuid(), Guid.NewGuid(), "web_chat", "fr", 2, false, Now);

    [Fact]
    public void Send_keeps_only_the_hash_of_the_token_it_sends()
    {
        var (survey, sent) = Survey.Send(Resolved, Now, traceParent: null);
        Assert.Equal(32, sent.Token.Length);
        Assert.True(survey.IsOpenedBy(sent.Token));
        Assert.False(survey.IsOpenedBy(sent.Token.ToUpperInvariant() + "0"));
        Assert.False(survey.IsOpenedBy(""));
        Assert.NotEqual(sent.Token, Survey.Send(Resolved, Now, traceParent: null).Sent.Token);
        Assert.Equal((survey.Id, "csat", Resolved.ConversationId, "fr", 1, 5),
            (sent.SurveyId, sent.Kind, sent.ConversationId, sent.Locale, sent.MinimumScore, sent.MaximumScore));
    }

    [Fact]
    public void Answer_counts_once()
    {
        var survey = Survey.Send(Resolved, Now, traceParent: null).Survey;
        Assert.Equal(4, survey.Answer("r1", 4, "Merci 🙏", Now).Value?.Score);
        Assert.Null(survey.Answer("r1", 4, "Merci 🙏", Now.AddMinutes(1)).Value);
        Assert.Equal("request_id.reused", survey.Answer("r1", 1, "Merci 🙏", Now).Failure?.Code);
        Assert.Equal("survey.already_answered", survey.Answer("r2", 4, "Merci 🙏", Now).Failure?.Code);
        Assert.Equal("survey.already_answered", survey.Answer("", 4, "Merci 🙏", Now).Failure?.Code);
        Assert.Equal((4, "Merci 🙏", Now), (survey.Score, survey.Comment, survey.AnsweredAt));
    }

    [Fact]
    public void Answer_without_a_request_id_is_not_repeatable()
    {
        var survey = Survey.Send(Resolved, Now, traceParent: null).Survey;
        Assert.NotNull(survey.Answer("", 5, "", Now).Value);
        Assert.Equal("survey.already_answered", survey.Answer("", 5, "", Now).Failure?.Code);
    }
}
