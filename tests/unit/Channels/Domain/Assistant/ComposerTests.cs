using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Contracts.Channels;

namespace Relais.Unit.Channels.Domain.Assistant;

public sealed class ComposerTests
{
    private static readonly Composer French = new(Phrases.For("fr-CA"), ["web_chat"]);

    [Fact]
    public void Answer_that_is_sure_cites_its_article_and_offers_every_choice()
    {
        var reply = French.Answer(3, new Finding(true, [Article("Relever mon compteur", 0.8), Article("Compteur communicant", 0.6), Article("Fibre", 0.2)]));
        Assert.Contains("Relever mon compteur", reply.Text, StringComparison.Ordinal);
        Assert.Contains("Passage de Relever mon compteur", reply.Text, StringComparison.Ordinal);
        Assert.Equal([ChoiceAction.ConfirmSolved, ChoiceAction.AskAgain, ChoiceAction.RequestExpert], reply.Choices.Select(choice => choice.Action));
        Assert.Equal(["web_chat"], reply.Choices[^1].Channels);
        Assert.Equal(["Relever mon compteur", "Compteur communicant"], reply.Attempt!.Citations.Select(citation => citation.Title));
        Assert.Equal((3, true, 0.8), (reply.Attempt.QuestionSequence, reply.Attempt.Answered, reply.Attempt.Confidence));
    }

    [Fact]
    public void Answer_that_is_unsure_says_so_and_cites_nothing()
    {
        var reply = French.Answer(1, new Finding(false, [Article("Fibre", 0.2)]));
        Assert.Equal(Phrases.For("fr").Refused, reply.Text);
        Assert.Equal([ChoiceAction.AskAgain, ChoiceAction.RequestExpert], reply.Choices.Select(choice => choice.Action));
        Assert.Empty(reply.Attempt!.Citations);
        Assert.Equal((false, 0.2, "Fibre-category"), (reply.Attempt.Answered, reply.Attempt.Confidence, reply.Attempt.Category));
        Assert.Empty(reply.Attempt.RequiredSkills);
    }

    [Fact]
    public void Answer_where_nothing_is_near_has_no_category() =>
        Assert.Equal("", French.Answer(1, new Finding(false, [Article("Fibre", 0.05)])).Attempt!.Category);

    [Fact]
    public void Answer_without_any_article_is_a_refusal() => Assert.False(French.Answer(1, Finding.Nothing).Attempt!.Answered);

    [Theory]
    [InlineData("Greeting")]
    [InlineData("Thanks")]
    [InlineData("Goodbye")]
    [InlineData("Acknowledgement")]
    public void SmallTalk_is_no_attempt(string remark)
    {
        var reply = French.SmallTalk(Enum.Parse<Remark>(remark));
        Assert.Null(reply.Attempt);
        Assert.Contains(reply.Choices, choice => choice.Action == ChoiceAction.RequestExpert);
    }

    [Theory]
    [InlineData("fr", "Parler à un conseiller")]
    [InlineData("fr-CA", "Parler à un conseiller")]
    [InlineData("en-GB", "Talk to someone")]
    [InlineData("de", "Talk to someone")]
    public void Phrases_of_a_language_not_spoken_here_are_English(string locale, string label) => Assert.Equal(label, Phrases.For(locale).RequestExpert);

    [Fact]
    public void Matter_is_that_of_the_latest_question_that_found_something()
    {
        Attempt moving = new(1, true, 0.8, "moving", [new RequiredSkill("moving", 2)], []);
        Attempt power = new(3, false, 0.2, "power", [], []);
        Attempt nothing = new(5, false, 0, "", [], []);
        Assert.Equal("power", Matter.Of([moving, power, nothing]).Category);
        Assert.Empty(Matter.Of([moving, power, nothing]).RequiredSkills);
        Assert.Equal(new RequiredSkill("moving", 2), Assert.Single(Matter.Of([moving, nothing]).RequiredSkills));
        Assert.Equal("", Matter.Of([nothing]).Category);
        Assert.Equal("", Matter.Of([]).Category);
    }

    private static FoundArticle Article(string title, double confidence) => new(
        new Citation(Guid.NewGuid(), 2, title, confidence, $"Passage de {title}"), title + "-category", [new RequiredSkill("electricity", 3)]);
}
