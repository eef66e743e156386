using Relais.Knowledge.Domain;

namespace Relais.Unit.Knowledge;

public sealed class ArticleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    internal static ArticleContent Content(string title = "Titre") => new(title, "Texte", BodyFormat.Markdown, "fr", "", "public", [], [], []);

    [Fact]
    public void Publish_numbers_versions_from_one_and_keeps_what_was_published()
    {
        var article = Article.Draft(Content(), "k", Now);
        Assert.Equal((ArticleState.Draft, 0, false), (article.State, article.Version, article.IsFound));
        var first = article.Publish("Texte", Now);
        Assert.Equal((ArticleState.Published, 1, true), (article.State, article.Version, article.IsFound));

        Assert.True(article.Rewrite(Content("Autre"), Now.AddHours(1)));
        Assert.Equal((ArticleState.Changed, 1, true), (article.State, article.Version, article.IsFound));
        var second = article.Publish("Texte", Now.AddHours(2));
        Assert.Equal(("Titre", 1, "k", "Autre", 2), (first!.Title, first.Version, first.ExternalId, second!.Title, second.Version));
        Assert.Equal(Now.AddHours(2), article.PublishedAt);
    }

    [Fact]
    public void Publish_of_what_readers_see_already_does_nothing()
    {
        var article = Article.Draft(Content(), "", Now);
        article.Publish("Texte", Now);
        Assert.False(article.Rewrite(Content(), Now.AddHours(1)));
        Assert.Null(article.Publish("Texte", Now.AddHours(1)));
        Assert.Equal((1, Now), (article.Version, article.UpdatedAt));
    }

    [Fact]
    public void Archive_tells_whether_readers_saw_it_and_publishing_brings_it_back()
    {
        var draft = Article.Draft(Content(), "", Now);
        Assert.False(draft.Archive(Now));

        var article = Article.Draft(Content(), "", Now);
        article.Publish("Texte", Now);
        Assert.True(article.Archive(Now));
        Assert.False(article.Archive(Now));
        article.Rewrite(Content("Autre"), Now);
        Assert.Equal((ArticleState.Archived, false), (article.State, article.IsFound));
        Assert.Equal(2, article.Publish("Texte", Now)!.Version);
        Assert.True(article.IsFound);
    }

    [Fact]
    public void Check_accepts_the_longest_and_refuses_one_more()
    {
        var longest = Content(new string('t', ArticleRules.LongestTitle)) with
        {
            Body = new string('b', ArticleRules.LongestBody),
            ExampleQuestions = [.. Enumerable.Repeat(new string('q', ArticleRules.LongestQuestion), ArticleRules.MostQuestions)],
            RequiredSkills = [new SkillNeed("billing", 0), new SkillNeed("legal", 5)],
            Locale = "zh-Hant-TW",
        };
        Assert.Empty(ArticleRules.Check(longest, ""));
        Assert.Equal(["title"], Fields(longest with { Title = longest.Title + "t" }));
        Assert.Equal(["body"], Fields(longest with { Body = longest.Body + "b" }));
        Assert.Equal(["exampleQuestions"], Fields(longest with { ExampleQuestions = [.. longest.ExampleQuestions, "q"] }));
        Assert.Equal(["exampleQuestions[0]"], Fields(longest with { ExampleQuestions = [new string('q', 301)] }));
        Assert.Equal(["requiredSkills[1].minimumLevel"], Fields(longest with { RequiredSkills = [new("a", 1), new("b", -1)] }));
        Assert.Equal(["requiredSkills[1].skill"], Fields(longest with { RequiredSkills = [new("a", 1), new("a", 2)] }));
        Assert.Equal(["requiredSkills[0].skill"], Fields(longest with { RequiredSkills = [new(" ", 1)] }));
        Assert.Equal(["category"], Fields(longest with { Category = "a\0" }));
        foreach (var locale in new[] { "", "F", "French", "fr_FR", "fr-" + string.Join('-', Enumerable.Repeat("abcdefgh", 5)) })
            Assert.Equal(["locale"], Fields(longest with { Locale = locale }));

        static IEnumerable<string> Fields(ArticleContent content) => ArticleRules.Check(content, "").Select(defect => defect.Field);
    }

    [Theory]
    [InlineData("", "public")]
    [InlineData("PUBLIC ", "public")]
    [InlineData(" Internal", "internal")]
    [InlineData("Particuliers", "Particuliers")]
    public void AudienceOf_knows_the_platforms_own_words_in_any_spelling(string given, string audience) => Assert.Equal(audience, ArticleRules.AudienceOf(given));
}
