using Relais.Knowledge.Answers;
using Relais.Knowledge.Domain.Search.Scoring;

namespace Relais.Unit.Knowledge;

public sealed class AnswerIndexTests
{
    private static readonly Guid Id = Guid.Parse("01980000-0000-7000-8000-000000000001");

    private readonly AnswerIndex index = new(Ranking.Default);

    [Fact]
    public void Apply_of_a_state_older_than_the_one_held_changes_nothing()
    {
        index.Apply("acme", [Standing(3, "Nouvelle facture", 2)]);
        index.Apply("acme", [Standing(2, "Ancienne facture", 1)]);
        Assert.Equal("Nouvelle facture", Titles("facture").Single());
        index.Apply("acme", [new ArticleStanding(Id, 2, null)]);
        Assert.Single(Titles("facture"));
    }

    [Fact]
    public void Apply_after_an_archival_does_not_bring_the_article_back_unless_it_is_newer()
    {
        index.Apply("acme", [Standing(1, "Facture", 1), new ArticleStanding(Id, 2, null)]);
        Assert.Equal(0, index.Of("acme")!.Count);
        index.Apply("acme", [Standing(1, "Facture", 1)]);
        Assert.Empty(Titles("facture"));
        index.Apply("acme", [Standing(3, "Facture", 2)]);
        Assert.Equal((3, 2), (index.Of("acme")!.CardOf(Id)!.Revision, index.Of("acme")!.CardOf(Id)!.Version));
        Assert.Single(Titles("facture"));
    }

    [Fact]
    public void Apply_for_one_tenant_shows_nothing_to_another()
    {
        index.Apply("acme", [Standing(1, "Facture", 1)]);
        index.Apply("globex", [Standing(1, "Rechnung", 1, "de")]);
        Assert.Equal(["Facture"], Titles("facture"));
        Assert.DoesNotContain("Facture", index.Of("globex")!.Ask("facture", "fr", "public", 5).Candidates.Select(candidate => candidate.Title));
        Assert.Null(index.Of(null));
    }

    [Fact]
    public void Keyword_finds_its_article_and_is_shown_nowhere()
    {
        index.Apply("acme", [Standing(1, "Arnaques par courriel", 1, keywords: ["hameçonnage", "spam"])]);
        var candidate = index.Of("acme")!.Ask("c'est du hameçonnage", "fr", "public", 5).Candidates.Single();
        Assert.DoesNotContain("spam", candidate.Snippet, StringComparison.Ordinal);
        Assert.True(candidate.Confidence > 0.1);
    }

    private static ArticleStanding Standing(int revision, string title, int version, string locale = "fr", string[]? keywords = null) =>
        new(Id, revision, new FoundArticle(version, locale, title, "Voici comment faire.", "", "public", [], keywords ?? [], null, []));

    private IEnumerable<string> Titles(string question) =>
        index.Of("acme")!.Ask(question, "fr", "public", 5).Candidates.Select(candidate => candidate.Title);
}
