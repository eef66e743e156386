using Grpc.Core;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Types.V1;
using Relais.Knowledge;
using KnowledgeClient = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeClient;
using State = Relais.Contracts.Knowledge.V1.Article.Types.State;

namespace Relais.Contract.Knowledge;

/// <summary>Articles as an author works with them, over gRPC.</summary>
public abstract class Articles(string provider) : IAsyncLifetime
{
    private LoneTarget target = null!;
    private KnowledgeClient author = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        target = await LoneTarget.StartAsync(() => new KnowledgeTarget(), provider: provider);
        author = Client(target.Keys.Staff("acme", Roles.CommunityManager));
    }

    public async ValueTask DisposeAsync()
    {
        await target.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task CreateArticle_gives_a_draft_whose_text_is_as_it_came_in()
    {
        var request = Request("Ma facture est élevée 😀 e\u0301 مرحبا");
        request.Body = "<p>Voici&nbsp;pourquoi.</p>\r\n<script>alert(1)</script>";
        request.ExampleQuestions.Add("  Pourquoi ?  ");
        request.RequiredSkills.Add(new SkillRequirement { Skill = "billing", MinimumLevel = 2 });
        request.ExternalId = "faq/1";
        var created = await author.CreateArticleAsync(request, cancellationToken: Stop);

        Assert.Equal((State.Draft, 0, "public", Article.Types.BodyFormat.Html), (created.State, created.Version, created.Audience, created.BodyFormat));
        Assert.Equal(request.Title, created.Title);
        Assert.Equal(request.Body, created.Body);
        Assert.Equal(created, await author.GetArticleAsync(new GetArticleRequest { Id = created.Id }, cancellationToken: Stop));
        Assert.Equal(request.ExampleQuestions, created.ExampleQuestions);
        Assert.Equal(request.RequiredSkills, created.RequiredSkills);
    }

    [Fact]
    public async Task CreateArticle_repeated_with_its_request_id_is_one_article()
    {
        var request = Request("Once");
        request.RequestId = Guid.NewGuid().ToString();
        var first = await author.CreateArticleAsync(request, cancellationToken: Stop);
        Assert.Equal(first, await author.CreateArticleAsync(request, cancellationToken: Stop));
        Assert.Equal(1, (await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).TotalSize);

        request.Title = "Another";
        var refusal = await Refusal.OfAsync(author.CreateArticleAsync(request, cancellationToken: Stop));
        Assert.Equal((StatusCode.AlreadyExists, "request_id.reused"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task CreateArticle_with_every_field_wrong_reports_each()
    {
        var request = new CreateArticleRequest
        {
            Title = new string('x', 301),
            Body = "NUL \0",
            Locale = "French",
            Category = new string('c', 101),
            Audience = new string('a', 101),
            BodyFormat = (Article.Types.BodyFormat)9,
            ExternalId = new string('e', 201),
        };
        request.ExampleQuestions.Add("");
        request.RequiredSkills.Add(new SkillRequirement { Skill = "x", MinimumLevel = 6 });
        var refusal = await Refusal.OfAsync(author.CreateArticleAsync(request, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
        Assert.Equal(
            ["audience", "body", "bodyFormat", "category", "exampleQuestions[0]", "externalId", "locale", "requiredSkills[0].minimumLevel", "title"],
            refusal.Fields.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task CreateArticle_with_a_known_external_id_is_refused_in_the_same_locale_only()
    {
        var request = Request("Une");
        request.ExternalId = "42";
        await author.CreateArticleAsync(request, cancellationToken: Stop);
        var refusal = await Refusal.OfAsync(author.CreateArticleAsync(request, cancellationToken: Stop));
        Assert.Equal((StatusCode.AlreadyExists, "article.external_id_taken"), (refusal.Status, refusal.Code));

        request.Locale = "en";
        var translation = await author.CreateArticleAsync(request, cancellationToken: Stop);
        var back = author.UpdateArticleAsync(new UpdateArticleRequest { Id = translation.Id, Locale = "fr" }, cancellationToken: Stop);
        Assert.Equal("article.external_id_taken", (await Refusal.OfAsync(back)).Code);
    }

    [Fact]
    public async Task UpdateArticle_changes_what_the_mask_names_and_readers_keep_the_published_version()
    {
        var article = await PublishedAsync("Panne de courant");
        var request = new UpdateArticleRequest { Id = article.Id, Title = "Coupure", Category = "ignored", Etag = article.Etag, UpdateMask = new() { Paths = { "title", "example_questions" } } };
        request.ExampleQuestions.Add("Plus de lumière ?");
        var changed = await author.UpdateArticleAsync(request, cancellationToken: Stop);

        Assert.Equal(("Coupure", "", State.Changed, 1), (changed.Title, changed.Category, changed.State, changed.Version));
        Assert.NotEqual(article.Etag, changed.Etag);
        var read = await author.GetArticleAsync(new GetArticleRequest { Id = article.Id, Version = 1 }, cancellationToken: Stop);
        Assert.Equal(("Panne de courant", State.Published, ""), (read.Title, read.State, read.Etag));
        Assert.Equal("Panne de courant", (await AskAsync("panne de courant")).Answers[0].Title);
    }

    [Fact]
    public async Task UpdateArticle_without_a_mask_changes_what_is_filled()
    {
        var article = await author.CreateArticleAsync(Request("Titre"), cancellationToken: Stop);
        var changed = await author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, Body = "<p>Autre</p>", Category = "power" }, cancellationToken: Stop);
        Assert.Equal(("Titre", "<p>Autre</p>", Article.Types.BodyFormat.Html, "power"), (changed.Title, changed.Body, changed.BodyFormat, changed.Category));

        var same = await author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, Category = "power", Etag = changed.Etag }, cancellationToken: Stop);
        Assert.Equal(changed, same);
    }

    [Fact]
    public async Task UpdateArticle_with_a_stale_etag_or_an_unknown_mask_is_refused()
    {
        var article = await author.CreateArticleAsync(Request("Titre"), cancellationToken: Stop);
        await author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, Title = "Neuf" }, cancellationToken: Stop);
        var stale = await Refusal.OfAsync(author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, Title = "Vieux", Etag = article.Etag }, cancellationToken: Stop));
        Assert.Equal((StatusCode.Aborted, "etag.stale"), (stale.Status, stale.Code));

        var mask = await Refusal.OfAsync(author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, UpdateMask = new() { Paths = { "external_id" } } }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "update_mask.invalid"), (mask.Status, mask.Code));

        var emptied = await Refusal.OfAsync(author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, UpdateMask = new() { Paths = { "title" } } }, cancellationToken: Stop));
        Assert.Equal(["title"], emptied.Fields);
    }

    [Fact]
    public async Task PublishArticle_again_makes_the_next_version_and_only_when_something_changed()
    {
        var article = await PublishedAsync("Version une");
        Assert.Equal(article, await author.PublishArticleAsync(new PublishArticleRequest { Id = article.Id }, cancellationToken: Stop));
        await author.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, Title = "Version deux" }, cancellationToken: Stop);
        var second = await author.PublishArticleAsync(new PublishArticleRequest { Id = article.Id }, cancellationToken: Stop);
        Assert.Equal((2, State.Published), (second.Version, second.State));

        var versions = await author.ListArticleVersionsAsync(new ListArticleVersionsRequest { Id = article.Id, PageSize = 1 }, cancellationToken: Stop);
        Assert.Equal("Version deux", Assert.Single(versions.Versions).Title);
        versions = await author.ListArticleVersionsAsync(new ListArticleVersionsRequest { Id = article.Id, PageToken = versions.NextPageToken }, cancellationToken: Stop);
        Assert.Equal("Version une", Assert.Single(versions.Versions).Title);
        Assert.Equal("", versions.NextPageToken);
        Assert.Equal((2, "Version deux"), (await AskAsync("version deux")).Answers.Select(answer => (answer.Version, answer.Title)).Single());
    }

    [Fact]
    public async Task ArchiveArticle_takes_it_out_of_answers_until_it_is_published_again()
    {
        var article = await PublishedAsync("Chauffage en panne");
        Assert.Single((await AskAsync("chauffage en panne")).Answers);
        var archived = await author.ArchiveArticleAsync(new ArchiveArticleRequest { Id = article.Id, Etag = article.Etag }, cancellationToken: Stop);
        Assert.Equal(State.Archived, archived.State);
        Assert.Empty((await AskAsync("chauffage en panne")).Answers);
        Assert.Equal(archived, await author.ArchiveArticleAsync(new ArchiveArticleRequest { Id = article.Id }, cancellationToken: Stop));

        var back = await author.PublishArticleAsync(new PublishArticleRequest { Id = article.Id }, cancellationToken: Stop);
        Assert.Equal((2, State.Published), (back.Version, back.State));
        Assert.Single((await AskAsync("chauffage en panne")).Answers);
    }

    [Fact]
    public async Task ListArticles_filters_pages_and_counts()
    {
        for (var i = 0; i < 5; i++)
            await PublishedAsync($"Article {i}");
        var draft = Request("Brouillon");
        (draft.Locale, draft.Category, draft.ExternalId) = ("en", "billing", "k1");
        await author.CreateArticleAsync(draft, cancellationToken: Stop);

        var titles = new List<string>();
        var page = new ListArticlesResponse();
        do
        {
            page = await author.ListArticlesAsync(new ListArticlesRequest { PageSize = 2, PageToken = page.NextPageToken, Filter = "state:PUBLISHED locale:fr" }, cancellationToken: Stop);
            Assert.Equal(5, page.TotalSize);
            titles.AddRange(page.Articles.Select(article => article.Title));
        }
        while (page.NextPageToken.Length > 0);
        Assert.Equal(["Article 0", "Article 1", "Article 2", "Article 3", "Article 4"], titles.Order(StringComparer.Ordinal));

        var found = await author.ListArticlesAsync(new ListArticlesRequest { Filter = "category:billing externalId:k1 state:DRAFT locale:en" }, cancellationToken: Stop);
        Assert.Equal("Brouillon", Assert.Single(found.Articles).Title);
        foreach (var filter in new[] { "state:NEW", "colour:red", "state:1" })
            Assert.Equal("filter.invalid", (await Refusal.OfAsync(author.ListArticlesAsync(new ListArticlesRequest { Filter = filter }, cancellationToken: Stop))).Code);
        Assert.Equal("page_token.invalid", (await Refusal.OfAsync(author.ListArticlesAsync(new ListArticlesRequest { PageToken = "!" }, cancellationToken: Stop))).Code);
    }

    [Fact]
    public async Task ListArticles_of_very_long_bodies_ends_its_pages_early_and_misses_none()
    {
        for (var i = 0; i < 8; i++)
        {
            var request = Request($"Long {i}");
            request.Body = new string('é', 200_000);
            await author.CreateArticleAsync(request, cancellationToken: Stop);
        }

        var first = await author.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop);
        var second = await author.ListArticlesAsync(new ListArticlesRequest { PageToken = first.NextPageToken }, cancellationToken: Stop);
        Assert.True(first.CalculateSize() < 4 * 1024 * 1024);
        Assert.Equal(8, first.Articles.Concat(second.Articles).Select(article => article.Id).Distinct().Count());
    }

    [Fact]
    public async Task Article_of_another_tenant_is_not_there()
    {
        var article = await PublishedAsync("Confidentiel d'Acme");
        var other = Client(target.Keys.Staff("globex", Roles.Administrator));
        foreach (var call in new[]
        {
            other.GetArticleAsync(new GetArticleRequest { Id = article.Id }, cancellationToken: Stop),
            other.GetArticleAsync(new GetArticleRequest { Id = article.Id, Version = 1 }, cancellationToken: Stop),
            other.UpdateArticleAsync(new UpdateArticleRequest { Id = article.Id, Title = "Mine" }, cancellationToken: Stop),
            other.PublishArticleAsync(new PublishArticleRequest { Id = article.Id }, cancellationToken: Stop),
            other.ArchiveArticleAsync(new ArchiveArticleRequest { Id = article.Id }, cancellationToken: Stop),
        })
        {
            Assert.Equal(StatusCode.NotFound, (await Refusal.OfAsync(call)).Status);
        }

        Assert.Equal("article.not_found", (await Refusal.OfAsync(other.ListArticleVersionsAsync(new ListArticleVersionsRequest { Id = article.Id }, cancellationToken: Stop))).Code);
        Assert.Equal(0, (await other.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).TotalSize);
        Assert.Empty((await other.AskAsync(new AskRequest { Question = "confidentiel d'acme", Locale = "fr" }, cancellationToken: Stop)).Answers);
    }

    [Fact]
    public async Task Partner_sees_no_internal_article()
    {
        var request = Request("Interne");
        request.Audience = "Internal";
        var secret = await author.CreateArticleAsync(request, cancellationToken: Stop);
        Assert.Equal("internal", secret.Audience);
        await author.PublishArticleAsync(new PublishArticleRequest { Id = secret.Id }, cancellationToken: Stop);
        await PublishedAsync("Pour tous");

        var partner = Client(target.Keys.Client("acme", "articles.read"));
        Assert.Equal("Pour tous", Assert.Single((await partner.ListArticlesAsync(new ListArticlesRequest(), cancellationToken: Stop)).Articles).Title);
        Assert.Equal("article.not_found", (await Refusal.OfAsync(partner.GetArticleAsync(new GetArticleRequest { Id = secret.Id }, cancellationToken: Stop))).Code);
        Assert.Equal("article.version_not_found", (await Refusal.OfAsync(partner.GetArticleAsync(new GetArticleRequest { Id = secret.Id, Version = 1 }, cancellationToken: Stop))).Code);
        Assert.Equal("permission.denied", (await Refusal.OfAsync(partner.CreateArticleAsync(Request("Non"), cancellationToken: Stop))).Code);
    }

    [Fact]
    public async Task Id_that_is_none_or_unknown_is_refused()
    {
        Assert.Equal(["id"], (await Refusal.OfAsync(author.GetArticleAsync(new GetArticleRequest { Id = "42" }, cancellationToken: Stop))).Fields);
        Assert.Equal("article.not_found", (await Refusal.OfAsync(author.GetArticleAsync(new GetArticleRequest { Id = Guid.NewGuid().ToString() }, cancellationToken: Stop))).Code);
        Assert.Equal(["version"], (await Refusal.OfAsync(author.GetArticleAsync(new GetArticleRequest { Id = Guid.NewGuid().ToString(), Version = -1 }, cancellationToken: Stop))).Fields);
    }

    private static CreateArticleRequest Request(string title) => new() { Title = title, Body = "Un texte.", Locale = "fr" };

    private async Task<Article> PublishedAsync(string title)
    {
        var draft = await author.CreateArticleAsync(Request(title), cancellationToken: Stop);
        return await author.PublishArticleAsync(new PublishArticleRequest { Id = draft.Id, Etag = draft.Etag }, cancellationToken: Stop);
    }

    private async Task<AskResponse> AskAsync(string question) =>
        await Client(null).AskAsync(new AskRequest { Question = question, Locale = "fr" }, cancellationToken: Stop);

    private KnowledgeClient Client(string? token) => new(target.Call(token));
}

public sealed class ArticlesOnSqlite() : Articles("Sqlite");

public sealed class ArticlesOnPostgres() : Articles("Postgres");
