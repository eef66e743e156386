using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge;
using KnowledgeClient = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeClient;
using State = Relais.Contracts.Knowledge.V1.Article.Types.State;

namespace Relais.Contract.Knowledge;

/// <summary>Imports: the good entries go in, each bad one is reported with its position.</summary>
public abstract class Imports(string provider) : IAsyncLifetime
{
    private LoneTarget target = null!;
    private KnowledgeClient author = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        target = await LoneTarget.StartAsync(() => new KnowledgeTarget(), provider: provider);
        author = new KnowledgeClient(target.Call(target.Keys.Staff("acme", Roles.CommunityManager)));
    }

    public async ValueTask DisposeAsync()
    {
        await target.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ImportArticles_with_broken_entries_takes_the_good_ones_and_reports_each_bad_one()
    {
        var response = await ImportAsync(publish: true,
            """{"id":"1","title":"Bonne entrée","body":"<p>Oui</p>"}""",
            "\"just a text\"",
            """{"id":"2","title":"","body":"x"}""",
            """{"id":"3","title":["no"],"body":"x"}""",
            """{"id":"1","title":"Encore","body":"x"}""",
            """{"id":"4","title":"Sans texte"}""",
            """{"id":"5","title":"NUL","body":"\u0000"}""",
            """{"id":"6","title":"Langue","body":"x","locale":"klingon"}""",
            """{"id":"7","title":"Niveau","body":"x","requiredSkills":[{"skill":"billing","minimumLevel":9}]}""",
            """{"id":"8","title":"Autre bonne","body":"**Oui**","locale":"FR_ca"}""",
            "null");

        Assert.Equal((2, 0), (response.Imported, response.Updated));
        Assert.Equal(
        [
            (1, "", "import.not_an_object"), (2, "title", "field.missing"), (3, "title", "field.wrong_type"), (4, "externalId", "import.duplicate"),
            (5, "body", "field.missing"), (6, "body", "field.invalid"), (7, "locale", "field.invalid"),
            (8, "requiredSkills[0].minimumLevel", "field.invalid"), (10, "", "import.not_an_object"),
        ],
        response.Problems.Select(problem => (problem.Position, problem.Field, problem.Code)));
        Assert.All(response.Problems, problem => Assert.StartsWith($"Entry {problem.Position}", problem.Message, StringComparison.Ordinal));

        var list = await ListAsync();
        Assert.Equal(["Autre bonne", "Bonne entrée"], list.Select(article => article.Title).Order(StringComparer.Ordinal));
        Assert.Equal("fr-CA", list.Single(article => article.ExternalId == "8").Locale);
        Assert.All(list, article => Assert.Equal(State.Published, article.State));
    }

    [Fact]
    public async Task ImportArticles_understands_the_names_of_other_systems()
    {
        await ImportAsync(publish: true, """
            {"id":192,"titre":"Arnaques par courriel","theme":"Santé Social","audience":"Particuliers","keywords":"hameçonnage, spam",
             "url":"https://example.org","body_html":"Ne répondez <b>jamais</b>.","body_text":"Ne répondez jamais.",
             "questions":["C'est une arnaque ?"],"required_skills":["security",{"skill":"legal","minimum_level":3}]}
            """);
        var article = Assert.Single(await ListAsync());
        Assert.Equal(("192", "Arnaques par courriel", "Santé Social", "Particuliers", "fr"), (article.ExternalId, article.Title, article.Category, article.Audience, article.Locale));
        Assert.Equal(("Ne répondez <b>jamais</b>.", Article.Types.BodyFormat.Html), (article.Body, article.BodyFormat));
        Assert.Equal(["C'est une arnaque ?"], article.ExampleQuestions);
        Assert.Equal([("security", 1), ("legal", 3)], article.RequiredSkills.Select(need => (need.Skill, need.MinimumLevel)));

        var anonymous = new KnowledgeClient(target.Call());
        var answer = Assert.Single((await anonymous.AskAsync(new AskRequest { Question = "hameçonnage", Locale = "fr" }, cancellationToken: Stop)).Answers);
        Assert.Equal(("192", article.Id, 2), (answer.ExternalId, answer.ArticleId, answer.RequiredSkills.Count));
        Assert.DoesNotContain("<b>", answer.Snippet, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImportArticles_again_updates_by_external_id_and_locale()
    {
        await ImportAsync(publish: true, """{"id":"a","title":"Une","body":"x"}""", """{"id":"b","title":"Deux","body":"x"}""");
        var again = await ImportAsync(publish: true,
            """{"id":"a","title":"Une","body":"x"}""", """{"id":"b","title":"Deux bis","body":"x"}""", """{"id":"a","title":"One","body":"x","locale":"en"}""");
        Assert.Equal((1, 2), (again.Imported, again.Updated));
        Assert.Equal([("One", 1), ("Une", 1), ("Deux bis", 2)], (await ListAsync()).OrderBy(article => article.Version).ThenBy(article => article.Title, StringComparer.Ordinal).Select(article => (article.Title, article.Version)));

        await ImportAsync(publish: false, """{"id":"a","title":"Une autre","body":"x"}""");
        Assert.Equal([State.Changed], (await ListAsync()).Where(article => article.Title == "Une autre").Select(article => article.State));
    }

    [Fact]
    public async Task ImportArticles_repeated_with_its_request_id_has_one_effect()
    {
        var request = new ImportArticlesRequest { RequestId = "again", Locale = "fr", Articles = { Value.Parser.ParseJson("""{"title":"Sans id","body":"x"}""") } };
        var first = await author.ImportArticlesAsync(request, cancellationToken: Stop);
        Assert.Equal(first, await author.ImportArticlesAsync(request, cancellationToken: Stop));
        Assert.Single(await ListAsync());
    }

    [Fact]
    public async Task ImportArticles_of_none_or_too_many_is_refused()
    {
        var none = await Refusal.OfAsync(author.ImportArticlesAsync(new ImportArticlesRequest(), cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "articles"), (none.Status, Assert.Single(none.Fields)));
        var many = new ImportArticlesRequest();
        many.Articles.AddRange(Enumerable.Repeat(Value.ForNull(), 1_001));
        Assert.Equal(["articles"], (await Refusal.OfAsync(author.ImportArticlesAsync(many, cancellationToken: Stop))).Fields);
    }

    [Fact]
    public async Task ImportArticles_larger_than_other_messages_may_be_goes_in()
    {
        var body = new string('x', 150_000);
        var response = await ImportAsync(publish: false, [.. Enumerable.Range(0, 60).Select(i => $$"""{"id":"{{i}}","title":"Titre","body":"{{body}}"}""")]);
        Assert.Equal(60, response.Imported);
    }

    private async Task<ImportArticlesResponse> ImportAsync(bool publish, params string[] entries)
    {
        var request = new ImportArticlesRequest { Locale = "fr", Publish = publish };
        request.Articles.AddRange(entries.Select(Value.Parser.ParseJson));
        return await author.ImportArticlesAsync(request, cancellationToken: Stop);
    }

    private async Task<IReadOnlyList<Article>> ListAsync() => (await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).Articles;
}

public sealed class ImportsOnSqlite() : Imports("Sqlite");

public sealed class ImportsOnPostgres() : Imports("Postgres");
