using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts;
using Relais.Contracts.Knowledge;
using Relais.Contracts.Knowledge.V1;
using Relais.Knowledge;
using Relais.Knowledge.Answers;
using Relais.Knowledge.Data;
using KnowledgeClient = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeClient;

namespace Relais.Contract.Knowledge;

/// <summary>Asking: what is found, what is refused, who sees what, and that a restart forgets nothing.</summary>
public abstract class Answers(string provider) : IAsyncLifetime
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
    public async Task Ask_cites_the_article_and_its_version_and_ranks_five()
    {
        await FillAsync();
        var response = await AskAsync("Comment réinitialiser mon mot de passe ?");
        Assert.True(response.Answered);
        Assert.Equal(5, response.Answers.Count);
        Assert.Equal(("Réinitialiser son mot de passe", 1, "account", "fr"), (response.Answers[0].Title, response.Answers[0].Version, response.Answers[0].Category, response.Answers[0].Locale));
        Assert.Equal(response.Answers.Select(answer => answer.Confidence).OrderDescending(), response.Answers.Select(answer => answer.Confidence));
        Assert.All(response.Answers, answer => Assert.InRange(answer.Confidence, 0, 1));
        Assert.DoesNotContain("**", response.Answers[0].Snippet, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_about_something_that_no_article_knows_is_refused_with_the_nearest()
    {
        await FillAsync();
        var response = await AskAsync("Quelle est la capitale de la Mongolie ?");
        Assert.False(response.Answered);
        Assert.Equal(5, response.Answers.Count);
    }

    [Fact]
    public async Task Ask_gives_as_many_as_asked_for_and_at_most_twenty()
    {
        await FillAsync();
        foreach (var (limit, expected) in new[] { (1, 1), (3, 3), (20, 8), (1_000, 8) })
            Assert.Equal(expected, (await author.AskAsync(new AskRequest { Question = "facture", Locale = "fr", Limit = limit }, cancellationToken: Stop)).Answers.Count);
    }

    [Fact]
    public async Task Ask_with_a_wrong_question_is_refused()
    {
        foreach (var (question, locale, limit, field) in new[] { ("", "fr", 0, "question"), ("   ", "fr", 0, "question"), ("a\0b", "fr", 0, "question"), (new string('x', 100_000), "fr", 0, "question"), ("x", "Français", 0, "locale"), ("x", "fr", -1, "limit") })
        {
            var refusal = await Refusal.OfAsync(author.AskAsync(new AskRequest { Question = question, Locale = locale, Limit = limit }, cancellationToken: Stop));
            Assert.Equal((StatusCode.InvalidArgument, field), (refusal.Status, Assert.Single(refusal.Fields)));
        }
    }

    [Fact]
    public async Task Ask_in_a_locale_without_an_answer_falls_back_to_another_and_without_a_locale_finds_the_best()
    {
        await PublishAsync("Réinitialiser son mot de passe", "fr");
        await PublishAsync("Moving house", "en");
        Assert.Equal("fr", (await AskAsync("réinitialiser mot de passe", "de")).Answers[0].Locale);
        Assert.Equal("fr", (await AskAsync("réinitialiser mot de passe", "fr-BE")).Answers[0].Locale);
        Assert.Equal("fr", (await AskAsync("réinitialiser son mot de passe", "")).Answers[0].Locale);
        Assert.Equal("en", (await AskAsync("I am moving house", "")).Answers[0].Locale);
    }

    [Fact]
    public async Task Internal_article_is_found_by_staff_who_ask_for_it_alone()
    {
        await PublishAsync("Plafond des gestes commerciaux", "fr", audience: "internal");
        await PublishAsync("Gestes qui économisent", "fr", audience: "Particuliers");
        const string question = "plafond des gestes commerciaux";
        foreach (var client in new[] { Client(null), author, Client(target.Keys.Customer("acme", Guid.NewGuid())), Client(target.Keys.Service("channels"), "acme") })
            Assert.DoesNotContain((await client.AskAsync(new AskRequest { Question = question, Locale = "fr" }, cancellationToken: Stop)).Answers, answer => answer.Title.StartsWith("Plafond", StringComparison.Ordinal));

        var internally = new AskRequest { Question = question, Locale = "fr", Audience = " Internal " };
        Assert.Equal("Plafond des gestes commerciaux", (await author.AskAsync(internally, cancellationToken: Stop)).Answers[0].Title);
        foreach (var client in new[] { Client(null), Client(target.Keys.Customer("acme", Guid.NewGuid())), Client(target.Keys.Client("acme", "articles.read")) })
        {
            var refusal = await Refusal.OfAsync(client.AskAsync(internally, cancellationToken: Stop));
            Assert.Equal((StatusCode.PermissionDenied, "audience.denied"), (refusal.Status, refusal.Code));
        }
    }

    [Fact]
    public async Task Restart_finds_the_same_articles()
    {
        await FillAsync();
        await PublishAsync("Moving house", "en");
        var archived = await PublishAsync("Archivé", "fr");
        await author.ArchiveArticleAsync(new ArchiveArticleRequest { Id = archived.Id }, cancellationToken: Stop);
        await author.UpdateArticleAsync(new UpdateArticleRequest { Id = (await AskAsync("facture élevée")).Answers[0].ArticleId, Title = "Pas encore publié" }, cancellationToken: Stop);
        var before = await AskAsync("pourquoi ma facture est élevée");

        await target.RestartAsync();
        Assert.Equal(before, await AskAsync("pourquoi ma facture est élevée"));
        Assert.Equal(9, target.Services.GetRequiredService<AnswerIndex>().Of("acme")!.Count);
        Assert.Null(target.Services.GetRequiredService<AnswerIndex>().Of("globex"));
    }

    [Fact]
    public async Task Event_of_another_replica_brings_its_article_into_answers_and_out_again()
    {
        // An index of its own, as another replica has, which hears of articles through events alone.
        var article = await PublishAsync("Compteur communicant", "fr");
        var mine = new AnswerIndex(Relais.Knowledge.Domain.Search.Scoring.Ranking.Default);
        var articles = ActivatorUtilities.CreateInstance<PublishedArticles>(target.Services, mine);
        Assert.Null(mine.Of("acme"));
        await articles.FollowAsync("acme", Guid.Parse(article.Id), Stop);
        Assert.Equal(1, mine.Of("acme")!.Count);
        await articles.FollowAsync("globex", Guid.Parse(article.Id), Stop);
        Assert.Null(mine.Of("globex"));

        await author.ArchiveArticleAsync(new ArchiveArticleRequest { Id = article.Id }, cancellationToken: Stop);
        await articles.FollowAsync("acme", Guid.Parse(article.Id), Stop);
        Assert.Equal(0, mine.Of("acme")!.Count);
    }

    [Fact]
    public async Task Publication_and_archival_are_told_in_events()
    {
        var article = await PublishAsync("Compteur communicant", "fr");
        await author.ArchiveArticleAsync(new ArchiveArticleRequest { Id = article.Id }, cancellationToken: Stop);
        await using var scope = target.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service("acme", "test");
        var outbox = await scope.ServiceProvider.GetRequiredService<KnowledgeDb>().Outbox.AsNoTracking().OrderBy(row => row.Position).ToListAsync(Stop);
        Assert.Equal([ArticlePublished.WireName, ArticleArchived.WireName], outbox.Select(row => row.Name));
        var published = (ArticlePublished)EventCatalogue.Deserialize(outbox[0].Name, outbox[0].Payload);
        Assert.Equal((article.Id, 1, "Compteur communicant", "fr", "account", "public"), (published.ArticleId.ToString(), published.Version, published.Title, published.Locale, published.Category, published.Audience));
    }

    private async Task FillAsync()
    {
        foreach (var title in new[] { "Réinitialiser son mot de passe", "Ma facture est plus élevée que d'habitude", "Déménager son contrat", "Panne de courant", "Installer la fibre", "Relever son compteur", "Payer en plusieurs fois", "Résilier son contrat" })
            await PublishAsync(title, "fr");
    }

    private async Task<Article> PublishAsync(string title, string locale, string audience = "")
    {
        var draft = await author.CreateArticleAsync(new CreateArticleRequest { Title = title, Body = $"# {title}\n\nVoici **comment** faire.", Locale = locale, Audience = audience, Category = "account" }, cancellationToken: Stop);
        return await author.PublishArticleAsync(new PublishArticleRequest { Id = draft.Id }, cancellationToken: Stop);
    }

    private async Task<AskResponse> AskAsync(string question, string locale = "fr") =>
        await Client(null).AskAsync(new AskRequest { Question = question, Locale = locale }, cancellationToken: Stop);

    private KnowledgeClient Client(string? token, string? tenantId = null) => new(target.Call(token, tenantId));
}

public sealed class AnswersOnSqlite() : Answers("Sqlite");

public sealed class AnswersOnPostgres() : Answers("Postgres");
