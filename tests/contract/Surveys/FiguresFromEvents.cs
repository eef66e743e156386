using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Surveys;
using Relais.Surveys;
using Relais.Surveys.Data;
using Proto = Relais.Contracts.Surveys.V1;

namespace Relais.Contract.Surveys;

/// <summary>The figures equal a recount of what happened: in any order of delivery, with repetitions, and after a restart.</summary>
public abstract class FiguresFromEvents(string provider)
{
    private const string Tenant = "acme";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Figures_equal_a_recount_whatever_the_order_and_however_often_events_come()
    {
        var random = new Random(20261122);
        var now = DateTimeOffset.UtcNow;
        var stories = Enumerable.Range(0, 60).Select(_ => Story.Random(random, now)).ToList();
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        await DeliverShuffledAsync(target, stories, random);
        var answered = await AnswerAsync(target, random);

        var before = await FiguresAsync(target, "");
        AssertRecount(before, stories, answered, now);
        await target.RestartAsync();
        Assert.Equal(before, await FiguresAsync(target, ""));
        foreach (var (groupBy, keyOf) in new (string, Func<Story, string>)[]
        {
            ("channel", story => story.Channel),
            ("locale", story => story.Locale),
            ("category", story => story.Category),
            ("expert", story => story.Expert?.ToString() ?? ""),
            ("day", story => story.Start.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)),
        })
        {
            var figures = await FiguresAsync(target, groupBy);
            var expected = stories.GroupBy(keyOf).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
            Assert.Equal(expected.Select(group => group.Key), figures.Groups.Select(group => group.Key));
            foreach (var (group, shown) in expected.Zip(figures.Groups))
                AssertRecount(shown.Figures, [.. group], answered, now);
            figures.Groups.Clear();
            Assert.Equal(before, figures);
        }
    }

    [Fact]
    public async Task Figures_of_a_period_are_of_the_conversations_that_began_in_it()
    {
        var now = DateTimeOffset.UtcNow;
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        foreach (var daysAgo in new[] { 1, 10, 40 })
            await target.DeliverAsync(Tenant, new ConversationStarted(Guid.CreateVersion7(), Guid.CreateVersion7(), "web_chat", "fr", now.AddDays(-daysAgo)));
        var analyst = Analyst(target);
        async Task<int> CountAsync(DateTimeOffset? from, DateTimeOffset? to) => (await analyst.GetFiguresAsync(
            new Proto.GetFiguresRequest { From = from?.ToTimestamp(), To = to?.ToTimestamp() }, cancellationToken: Stop)).Counts.Conversations;
        Assert.Equal(2, await CountAsync(null, null));
        Assert.Equal(3, await CountAsync(now.AddDays(-50), null));
        Assert.Equal(1, await CountAsync(null, now.AddDays(-30)));
        Assert.Equal(1, await CountAsync(now.AddDays(-10), now.AddDays(-1)));
        Assert.Equal(0, await CountAsync(now, now));
        Assert.Equal(3, await CountAsync(now.AddDays(-400), now));
        var empty = await analyst.GetFiguresAsync(new Proto.GetFiguresRequest { From = now.ToTimestamp(), GroupBy = "channel" }, cancellationToken: Stop);
        Assert.False(empty.HasTransferRate || empty.HasCsat || empty.HasResponsivenessScore);
        Assert.Null(empty.FirstResponseSeconds);
        Assert.Empty(empty.Groups);
    }

    [Fact]
    public async Task Event_that_the_database_refuses_keeps_no_other_from_counting()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        var refused = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 40), new ParallelOptions { MaxDegreeOfParallelism = 40, CancellationToken = Stop }, async (number, _) =>
        {
            try
            {
                // PostgreSQL has no NUL in its text.
                var locale = number == 20 ? "f\0r" : "fr";
                await target.DeliverAsync(Tenant, new ConversationStarted(Guid.CreateVersion7(), Guid.CreateVersion7(), "web_chat", locale, DateTimeOffset.UtcNow));
            }
            catch (Exception) when (number == 20)
            {
                Interlocked.Increment(ref refused);
            }
        });
        Assert.Equal(provider == "Postgres" ? 1 : 0, refused);
        Assert.Equal(40 - refused, (await FiguresAsync(target, "")).Counts.Conversations);
    }

    [Fact]
    public async Task Figures_of_another_tenant_are_its_own()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        await target.DeliverAsync("globex", new ConversationStarted(Guid.CreateVersion7(), Guid.CreateVersion7(), "web_chat", "fr", DateTimeOffset.UtcNow));
        Assert.Equal(0, (await FiguresAsync(target, "")).Counts.Conversations);
    }

    [Fact]
    public async Task Figures_that_cannot_be_are_refused()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        var analyst = Analyst(target);
        var now = DateTimeOffset.UtcNow;
        foreach (var (request, code) in new[]
        {
            (new Proto.GetFiguresRequest { GroupBy = "weather" }, "figures.group_unknown"),
            (new Proto.GetFiguresRequest { From = now.ToTimestamp(), To = now.AddSeconds(-1).ToTimestamp() }, "figures.period_invalid"),
            (new Proto.GetFiguresRequest { From = now.AddYears(-10).ToTimestamp() }, "figures.period_too_long"),
            (new Proto.GetFiguresRequest { From = now.AddDays(-400).AddSeconds(-1).ToTimestamp(), To = now.ToTimestamp() }, "figures.period_too_long"),
            (new Proto.GetFiguresRequest { From = new Timestamp { Seconds = long.MaxValue } }, "figures.period_invalid"),
            (new Proto.GetFiguresRequest { To = new Timestamp { Seconds = long.MinValue } }, "figures.period_invalid"),
            (new Proto.GetFiguresRequest { To = new Timestamp { Nanos = -1 } }, "figures.period_invalid"),
        })
        {
            var refusal = await Refusal.OfAsync(analyst.GetFiguresAsync(request, cancellationToken: Stop));
            Assert.Equal((StatusCode.InvalidArgument, code), (refusal.Status, refusal.Code));
        }
    }

    private static Proto.Surveys.SurveysClient Analyst(LoneTarget target) => new(target.Call(target.Keys.Staff(Tenant, "analyst")));

    private static async Task<Proto.Figures> FiguresAsync(LoneTarget target, string groupBy) =>
        await Analyst(target).GetFiguresAsync(new Proto.GetFiguresRequest { GroupBy = groupBy }, cancellationToken: Stop);

    // Many at once, in an order that has nothing to do with what happened, a third of them twice.
    private static async Task DeliverShuffledAsync(LoneTarget target, List<Story> stories, Random random)
    {
        var deliveries = stories.SelectMany(story => story.Events()).Select(told => (Told: told, Id: Guid.CreateVersion7())).ToList();
        deliveries.AddRange(deliveries.Where(_ => random.Next(3) == 0).ToList());
        var shuffled = deliveries.ToArray();
        random.Shuffle(shuffled);
        await Parallel.ForEachAsync(shuffled, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stop },
            async (delivery, _) => await target.DeliverAsync(Tenant, delivery.Told.Event, delivery.Told.Name, delivery.Id));
    }

    private static async Task<List<(SurveySent Survey, int? Score)>> AnswerAsync(LoneTarget target, Random random)
    {
        var customer = new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant));
        var scores = new List<(SurveySent, int?)>();
        foreach (var survey in await target.PublishedAsync<SurveysDb, SurveySent>(Tenant))
        {
            int? score = random.Next(3) > 0 ? random.Next(1, 6) : null;
            if (score is not null)
                await customer.AnswerSurveyAsync(new Proto.AnswerSurveyRequest { Id = survey.SurveyId.ToString(), Token = survey.Token, Score = score.Value }, cancellationToken: Stop);
            scores.Add((survey, score));
        }

        return scores;
    }

    private static void AssertRecount(Proto.Figures figures, List<Story> stories, List<(SurveySent Survey, int? Score)> answered, DateTimeOffset now)
    {
        var transferred = stories.Where(story => story.Transferred).ToList();
        var resolved = transferred.Where(story => story.Resolutions > 0).ToList();
        var surveys = answered.Where(entry => stories.Exists(story => story.Conversation == entry.Survey.ConversationId)).ToList();
        var scores = surveys.Where(entry => entry.Score is not null).Select(entry => entry.Score!.Value).ToList();
        var responses = transferred.Where(story => story.FirstResponse is not null).Select(story => story.FirstResponse!.Value.TotalSeconds).Order().ToList();
        Assert.Equal(
            new Proto.Figures.Types.Counts
            {
                Conversations = stories.Count,
                SelfCareAnswers = stories.Sum(story => story.Answers),
                SelfCareRefusals = stories.Sum(story => story.Refusals),
                SolvedBySelfCare = stories.Count(story => story.Solved),
                Transferred = transferred.Count,
                Abandoned = stories.Count(story => story.IsAbandoned(now)),
                TicketsOpened = transferred.Count,
                TicketsResolved = resolved.Count,
                TicketsReopened = resolved.Count(story => story.Resolutions > 1),
                SurveysSent = resolved.Sum(story => story.Resolutions),
                SurveysAnswered = scores.Count,
            },
            figures.Counts);
        Assert.Equal(resolved.Sum(story => story.Resolutions), surveys.Count);
        var ended = stories.Count(story => story.Solved) + transferred.Count;
        AssertShare(figures.HasSelfCareResolutionRate, figures.SelfCareResolutionRate, stories.Count(story => story.Solved), ended);
        AssertShare(figures.HasTransferRate, figures.TransferRate, transferred.Count, stories.Count);
        AssertShare(figures.HasAbandonmentRate, figures.AbandonmentRate, figures.Counts.Abandoned, stories.Count);
        AssertShare(figures.HasFirstContactResolutionRate, figures.FirstContactResolutionRate, resolved.Count(story => story.Resolutions == 1), resolved.Count);
        AssertShare(figures.HasCsat, figures.Csat / 100, scores.Count(score => score >= 4), scores.Count);
        Assert.False(figures.HasNps || figures.HasCes);
        Assert.True(figures.HasResponsivenessScore);
        Assert.Equal(responses.Count, figures.FirstResponseSeconds?.Count ?? 0);
        if (responses.Count > 0)
        {
            Assert.Equal(responses[(int)Math.Ceiling(responses.Count * 0.5) - 1], figures.FirstResponseSeconds!.P50, 3);
            Assert.Equal(responses[(int)Math.Ceiling(responses.Count * 0.9) - 1], figures.FirstResponseSeconds.P90, 3);
            Assert.Equal(responses.Average(), figures.FirstResponseSeconds.Mean, 3);
        }
    }

    private static void AssertShare(bool present, double value, int part, int whole)
    {
        Assert.Equal(whole > 0, present);
        if (present)
            Assert.Equal((double)part / whole, value, 9);
    }
}

public sealed class FiguresFromEventsOnSqlite() : FiguresFromEvents("Sqlite");

public sealed class FiguresFromEventsOnPostgres() : FiguresFromEvents("Postgres");
