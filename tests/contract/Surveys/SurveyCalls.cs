using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Contract.Hosting;
using Relais.Contracts.Surveys;
using Relais.Contracts.Tickets;
using Relais.Surveys;
using Relais.Surveys.Data;
using Proto = Relais.Contracts.Surveys.V1;

namespace Relais.Contract.Surveys;

/// <summary>Surveys from the resolution to the answer: asked once, answered once, by who holds the token.</summary>
public abstract class SurveyCalls(string provider)
{
    private const string Tenant = "acme";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolution_is_asked_about_once_however_often_it_is_told()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        var resolved = Resolved();
        var message = Guid.CreateVersion7();
        await target.DeliverAsync(Tenant, resolved, message);
        await target.DeliverAsync(Tenant, resolved, message);
        await target.DeliverAsync(Tenant, resolved);
        var sent = Assert.Single(await SentAsync(target));
        Assert.Equal((resolved.TicketId, resolved.ConversationId, "csat", "fr", 1, 5),
            (sent.TicketId, sent.ConversationId, sent.Kind, sent.Locale, sent.MinimumScore, sent.MaximumScore));
        await using var db = target.Open<SurveysDb>(Tenant);
        var stored = await db.Surveys.SingleAsync(Stop);
        Assert.DoesNotContain(sent.Token, string.Join(' ', Convert.ToHexStringLower(stored.TokenHash), stored.Comment), StringComparison.Ordinal);

        await target.DeliverAsync(Tenant, resolved with { Resolution = 2 });
        Assert.Equal(2, (await SentAsync(target)).Count);
    }

    [Fact]
    public async Task Answer_counts_once_and_repeats_with_its_request_id()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        await target.DeliverAsync(Tenant, Resolved());
        var sent = (await SentAsync(target))[0];
        var customer = new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant));
        var answer = new Proto.AnswerSurveyRequest { RequestId = "r1", Id = sent.SurveyId.ToString(), Token = sent.Token, Score = 5, Comment = "Merci 🙏\nà vous" };
        var survey = await customer.AnswerSurveyAsync(answer, cancellationToken: Stop);
        Assert.Equal((Proto.Survey.Types.State.Answered, 5, "Merci 🙏\nà vous"), (survey.State, survey.Score, survey.Comment));
        await target.RestartAsync();
        customer = new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant));
        Assert.Equal(survey, await customer.AnswerSurveyAsync(answer, cancellationToken: Stop));
        var other = answer.Clone();
        other.RequestId = "r2";
        var again = await Refusal.OfAsync(customer.AnswerSurveyAsync(other, cancellationToken: Stop));
        Assert.Equal((StatusCode.FailedPrecondition, "survey.already_answered"), (again.Status, again.Code));
        var answered = Assert.Single(await target.PublishedAsync<SurveysDb, SurveyAnswered>(Tenant));
        Assert.Equal((sent.SurveyId, 5), (answered.SurveyId, answered.Score));
    }

    [Fact]
    public async Task Answer_is_told_in_the_trace_of_the_matter()
    {
        using var spans = new RecordedSpans();
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        var (matter, answering) = (spans.Begin(), spans.Begin());
        await target.DeliverAsync(Tenant, Resolved(), traceParent: matter);
        var sent = (await SentAsync(target))[0];
        await new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant)).AnswerSurveyAsync(
            new Proto.AnswerSurveyRequest { Id = sent.SurveyId.ToString(), Token = sent.Token, Score = 5 }, RecordedSpans.Headers(answering), cancellationToken: Stop);

        var told = await target.TracesAsync<SurveysDb>(Tenant, sent.ConversationId);
        Assert.All([SurveySent.WireName, SurveyAnswered.WireName], name =>
            Assert.Equal(RecordedSpans.TraceOf(matter), RecordedSpans.TraceOf(Assert.Single(told[name]))));
        Assert.Equal([RecordedSpans.TraceOf(answering)], spans.LinkedFrom(matter, $"create {SurveyAnswered.WireName}"));
        Assert.Equal([RecordedSpans.TraceOf(matter)], spans.LinkedFrom(answering));
    }

    [Fact]
    public async Task Survey_that_does_not_exist_and_wrong_token_sound_the_same()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        await target.DeliverAsync(Tenant, Resolved());
        var sent = (await SentAsync(target))[0];
        var customer = new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant));
        var stranger = new Proto.Surveys.SurveysClient(target.Call(tenantId: "globex"));
        Task<Refusal> Answer(Proto.Surveys.SurveysClient client, Guid id, string token) =>
            Refusal.OfAsync(client.AnswerSurveyAsync(new Proto.AnswerSurveyRequest { Id = id.ToString(), Token = token, Score = 1 }, cancellationToken: Stop));
        var wrong = await Answer(customer, sent.SurveyId, new string('0', 32));
        var none = await Answer(customer, Guid.NewGuid(), sent.Token);
        var elsewhere = await Answer(stranger, sent.SurveyId, sent.Token);
        Assert.Equal((StatusCode.NotFound, "survey.not_found"), (wrong.Status, wrong.Code));
        Assert.Equal((wrong.Status, wrong.Code, wrong.Message), (none.Status, none.Code, none.Message));
        Assert.Equal((wrong.Status, wrong.Code, wrong.Message), (elsewhere.Status, elsewhere.Code, elsewhere.Message));
    }

    [Fact]
    public async Task Answer_with_fields_to_correct_names_them_all()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        var customer = new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant));
        var refusal = await Refusal.OfAsync(customer.AnswerSurveyAsync(
            new Proto.AnswerSurveyRequest { Id = "x", Token = "", Score = 6, Comment = new string('x', 2_001) }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
        Assert.Equal(["id", "token", "score", "comment"], refusal.Fields);
        var nul = await Refusal.OfAsync(customer.AnswerSurveyAsync(
            new Proto.AnswerSurveyRequest { Id = Guid.NewGuid().ToString(), Token = "t", Score = 0, Comment = "a\0b" }, cancellationToken: Stop));
        Assert.Equal(["score", "comment"], nul.Fields);
    }

    [Fact]
    public async Task List_is_newest_first_in_pages_and_narrows()
    {
        await using var target = await LoneTarget.StartAsync(() => new SurveysTarget(), provider: provider);
        for (var n = 0; n < 5; n++)
            await target.DeliverAsync(Tenant, Resolved());
        var sent = await SentAsync(target);
        var customer = new Proto.Surveys.SurveysClient(target.Call(tenantId: Tenant));
        await customer.AnswerSurveyAsync(new Proto.AnswerSurveyRequest { Id = sent[1].SurveyId.ToString(), Token = sent[1].Token, Score = 2 }, cancellationToken: Stop);
        var analyst = new Proto.Surveys.SurveysClient(target.Call(target.Keys.Staff(Tenant, "analyst")));
        var listed = new List<string>();
        var token = "";
        do
        {
            var page = await analyst.ListSurveysAsync(new Proto.ListSurveysRequest { PageSize = 2, PageToken = token }, cancellationToken: Stop);
            listed.AddRange(page.Surveys.Select(survey => survey.Id));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(sent.Select(survey => survey.SurveyId.ToString()).OrderDescending(StringComparer.Ordinal), listed);

        async Task<IEnumerable<string>> NarrowAsync(string filter) =>
            (await analyst.ListSurveysAsync(new Proto.ListSurveysRequest { Filter = filter }, cancellationToken: Stop)).Surveys.Select(survey => survey.Id);
        Assert.Equal([sent[1].SurveyId.ToString()], await NarrowAsync("state:ANSWERED"));
        Assert.Equal(4, (await NarrowAsync("state:SENT")).Count());
        Assert.Equal([sent[2].SurveyId.ToString()], await NarrowAsync($"ticket:{sent[2].TicketId}"));
        foreach (var filter in new[] { "state:DONE", "ticket:T-1001", "kind:csat" })
            Assert.Equal("filter.invalid", (await Refusal.OfAsync(analyst.ListSurveysAsync(new Proto.ListSurveysRequest { Filter = filter }, cancellationToken: Stop))).Code);
    }

    private static TicketResolved Resolved() =>
        new(Guid.CreateVersion7(), "T-1001", Guid.CreateVersion7(), Guid.CreateVersion7(), "web_chat", "fr", 1, false, DateTimeOffset.UtcNow);

    private static Task<List<SurveySent>> SentAsync(LoneTarget target) => target.PublishedAsync<SurveysDb, SurveySent>(Tenant);
}

public sealed class SurveyCallsOnSqlite() : SurveyCalls("Sqlite");

public sealed class SurveyCallsOnPostgres() : SurveyCalls("Postgres");
