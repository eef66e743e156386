using Grpc.Core;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Relais.Contracts.Knowledge;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Platform.V1;
using Relais.Knowledge;
using KnowledgeClient = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeClient;

namespace Relais.Contract.Messaging;

/// <summary>An operator finds the events that a target gave up, and has them delivered again.</summary>
public sealed class DeadLetterCalls : IAsyncLifetime
{
    private readonly List<Guid> delivered = [];
    private volatile bool isBroken = true;
    private LoneTarget target = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => target = await LoneTarget.StartAsync(
        () => new KnowledgeTarget(), new Dictionary<string, string?> { ["Messaging:MostAttempts"] = "1" }, lone => lone.On<ArticlePublished>(published =>
        {
            if (isBroken)
                throw new InvalidOperationException("Broken on purpose.");
            delivered.Add(published.ArticleId);
            return Task.CompletedTask;
        }));

    public async ValueTask DisposeAsync() => await target.DisposeAsync();

    [Fact]
    public async Task Event_given_up_is_listed_shown_and_delivered_again()
    {
        var article = await PublishAsync();
        var client = Client("acme");
        var listed = Assert.Single(await UntilListedAsync(client));
        Assert.Equal((DeadLetter.Types.Place.Outbox, ArticlePublished.WireName, "Broken on purpose.", ""), (listed.Place, listed.Event, listed.Error, listed.Payload));
        var shown = await client.GetDeadLetterAsync(new GetDeadLetterRequest { Target = "knowledge", Id = listed.Id }, cancellationToken: Stop);
        Assert.Contains(article.ToString(), shown.Payload, StringComparison.Ordinal);

        isBroken = false;
        Assert.Equal(1, (await client.ReplayDeadLettersAsync(new ReplayDeadLettersRequest { Target = "knowledge", Ids = { listed.Id } }, cancellationToken: Stop)).Replayed);
        for (var tries = 0; tries < 200 && delivered.Count == 0; tries++)
            await Task.Delay(50, Stop);
        Assert.Equal([article], delivered);
        Assert.Empty((await client.ListDeadLettersAsync(new ListDeadLettersRequest { Target = "knowledge" }, cancellationToken: Stop)).DeadLetters);
    }

    [Fact]
    public async Task Event_of_another_tenant_is_neither_seen_nor_replayed()
    {
        await PublishAsync();
        var letter = Assert.Single(await UntilListedAsync(Client("acme")));
        var other = Client("globex");
        Assert.Empty((await other.ListDeadLettersAsync(new ListDeadLettersRequest { Target = "knowledge" }, cancellationToken: Stop)).DeadLetters);
        Assert.Equal("dead_letter.not_found", (await Refusal.OfAsync(other.GetDeadLetterAsync(new GetDeadLetterRequest { Target = "knowledge", Id = letter.Id }, cancellationToken: Stop))).Code);
        Assert.Equal(0, (await other.ReplayDeadLettersAsync(new ReplayDeadLettersRequest { Target = "knowledge", Ids = { letter.Id } }, cancellationToken: Stop)).Replayed);
    }

    [Fact]
    public async Task Id_that_is_none_is_refused()
    {
        var refusal = await Refusal.OfAsync(Client("acme").ReplayDeadLettersAsync(
            new ReplayDeadLettersRequest { Target = "knowledge", Ids = { "x" } }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task Event_thrown_away_is_gone_and_nothing_named_is_refused()
    {
        await PublishAsync();
        var (client, other) = (Client("acme"), Client("globex"));
        var letter = Assert.Single(await UntilListedAsync(client));
        var discard = new DiscardDeadLettersRequest { Target = "knowledge", Ids = { letter.Id } };
        Assert.Equal(0, (await other.DiscardDeadLettersAsync(discard, cancellationToken: Stop)).Discarded);
        var refusal = await Refusal.OfAsync(client.DiscardDeadLettersAsync(new DiscardDeadLettersRequest { Target = "knowledge" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
        Assert.Equal(1, (await client.DiscardDeadLettersAsync(discard, cancellationToken: Stop)).Discarded);
        Assert.Empty((await client.ListDeadLettersAsync(new ListDeadLettersRequest { Target = "knowledge" }, cancellationToken: Stop)).DeadLetters);
    }

    private DeadLetters.DeadLettersClient Client(string tenant) => new(target.Call(target.Keys.Staff(tenant, Roles.Administrator)));

    private async Task<Guid> PublishAsync()
    {
        var author = new KnowledgeClient(target.Call(target.Keys.Staff("acme", Roles.Administrator)));
        var article = await author.CreateArticleAsync(new CreateArticleRequest { Title = "Once", Body = "Text.", Locale = "en" }, cancellationToken: Stop);
        await author.PublishArticleAsync(new PublishArticleRequest { Id = article.Id }, cancellationToken: Stop);
        return Guid.Parse(article.Id);
    }

    private static async Task<IReadOnlyList<DeadLetter>> UntilListedAsync(DeadLetters.DeadLettersClient client)
    {
        for (var tries = 0; ; tries++)
        {
            var letters = (await client.ListDeadLettersAsync(new ListDeadLettersRequest { Target = "knowledge" }, cancellationToken: Stop)).DeadLetters;
            if (letters.Count > 0 || tries == 100)
                return letters;
            await Task.Delay(50, Stop);
        }
    }
}
