using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Surveys;
using Relais.Contracts.Tickets;
using Relais.Contracts.Types.V1;
using static Relais.Contracts.Channels.V1.Conversation.Types;
using static Relais.Contracts.Channels.V1.Message.Types;

namespace Relais.Contract.Channels;

/// <summary>A conversation in a person's hands.</summary>
public abstract class HandOverTests(ChatPlatform platform)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RequestExpert_opens_one_ticket_however_often_and_answers_when_it_is_there()
    {
        var customer = await platform.OpenAsync(email: "hand.over@client.example");
        await customer.AskAsync("Explain my bill");
        var ticketId = await customer.RequestExpertAsync();
        var messages = await customer.ReadAsync(2);
        Assert.Equal([Author.System, Author.System], messages.Select(message => message.Author));
        Assert.Equal(ticketId, await customer.RequestExpertAsync());
        var asked = Assert.Single(platform.Published<ExpertRequested>(customer.Id));
        Assert.Equal((ticketId, "customer", "It is urgent.", "hand.over@client.example", "billing"),
            (asked.TicketId.ToString(), asked.Cause, asked.Reason, asked.CustomerEmail, asked.Category));
        Assert.Equal([1, 2], asked.Transcript.Select(line => line.Sequence));
        Assert.Equal(FakeKnowledge.BillArticle, Assert.Single(Assert.Single(asked.SelfCare).Citations).ArticleId);
    }

    [Fact]
    public async Task What_comes_of_a_conversation_is_told_in_the_trace_of_its_first_message()
    {
        using var spans = new RecordedSpans();
        var customer = await platform.OpenAsync();
        var (first, second, asking, solving) = (spans.Begin(), spans.Begin(), spans.Begin(), spans.Begin());
        await SayAsync("Explain my bill", first);
        await customer.NextAsync(1);
        await SayAsync("And my bill of May?", second);
        await customer.NextAsync(3);
        await customer.Client.RequestExpertAsync(new RequestExpertRequest { Id = customer.Id }, RecordedSpans.Headers(asking), cancellationToken: Stop);
        await customer.Client.ConfirmSolvedAsync(new ConfirmSolvedRequest { Id = customer.Id }, RecordedSpans.Headers(solving), cancellationToken: Stop);

        await using var db = platform.OpenDb();
        db.TenantId = ChatPlatform.Tenant;
        var told = await db.Outbox.AsNoTracking().Where(row => row.Key == customer.Id && row.Name != ConversationStarted.WireName)
            .OrderBy(row => row.Position).ToListAsync(Stop);
        Assert.Equal(
            [
                CustomerMessageReceived.WireName, AssistantReplied.WireName, CustomerMessageReceived.WireName, AssistantReplied.WireName,
                ExpertRequested.WireName, ConversationSolved.WireName,
            ],
            told.Select(row => row.Name));
        Assert.All(told, row => Assert.Equal(RecordedSpans.TraceOf(first), RecordedSpans.TraceOf(row.TraceParent)));
        (string Name, string From)[] continued =
            [(CustomerMessageReceived.WireName, second), (ExpertRequested.WireName, asking), (ConversationSolved.WireName, solving)];
        Assert.All(continued, step =>
        {
            Assert.Equal([RecordedSpans.TraceOf(step.From)], spans.LinkedFrom(first, $"create {step.Name}"));
            Assert.Equal([RecordedSpans.TraceOf(first)], spans.LinkedFrom(step.From));
        });

        async Task SayAsync(string text, string traceParent) => await customer.Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = customer.Id, Text = text, RequestId = Guid.NewGuid().ToString() },
            RecordedSpans.Headers(traceParent), cancellationToken: Stop);
    }

    [Fact]
    public async Task Hand_over_tells_the_tier_that_the_customer_had_when_the_conversation_was_opened()
    {
        var email = $"{Guid.NewGuid():N}@client.example";
        var before = await platform.OpenAsync(email: email);
        await platform.RankAsync(email, CustomerTier.Vip);
        var after = await platform.OpenAsync(email: email);
        await before.RequestExpertAsync();
        await after.RequestExpertAsync();
        Assert.Equal("STANDARD", (await platform.SeesAsync<ExpertRequested>(before.Id)).CustomerTier);
        Assert.Equal("VIP", (await platform.SeesAsync<ExpertRequested>(after.Id)).CustomerTier);
    }

    [Fact]
    public async Task RequestExpert_by_a_channel_that_reaches_nobody_names_those_that_do()
    {
        var customer = await platform.OpenAsync();
        var refusal = await Refusal.OfAsync(customer.Client.RequestExpertAsync(
            new RequestExpertRequest { Id = customer.Id, PreferredChannel = "pigeon" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "channel.unknown"), (refusal.Status, refusal.Code));
        Assert.Contains("web_chat", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ticket_from_assignment_to_survey_shows_in_the_conversation()
    {
        var customer = await platform.OpenAsync("fr");
        var ticketId = Guid.Parse(await customer.RequestExpertAsync());
        var expert = Guid.CreateVersion7();
        await platform.DeliverAsync(new TicketAssigned(ticketId, "T-7", customer.Guid, expert, "Inès Roux", Now));
        var reply = new TicketReplied(ticketId, customer.Guid, Guid.CreateVersion7(), expert, "Inès Roux", "Bonjour, je m'en occupe. 🙂", Now);
        await platform.DeliverAsync(reply);
        await customer.SayAsync("Merci");
        await platform.DeliverAsync(new TicketResolved(ticketId, "T-7", customer.Guid, expert, "web_chat", "fr", 1, false, Now));
        Assert.Equal(State.Resolved, (await customer.GetAsync()).State);
        var survey = new SurveySent(Guid.CreateVersion7(), "csat", "secret", ticketId, customer.Guid, "fr", 1, 5, Now);
        await platform.DeliverAsync(survey);

        var messages = await customer.ReadAsync();
        Assert.Equal(Enumerable.Range(1, 7), messages.Select(message => message.Sequence));
        Assert.Equal([Author.System, Author.System, Author.System, Author.Expert, Author.Customer, Author.System, Author.System], messages.Select(message => message.Author));
        Assert.Equal("Inès Roux s'occupe de votre demande.", messages[2].Text);
        Assert.Equal((reply.ReplyId.ToString(), "Inès Roux", reply.Text), (messages[3].Id, messages[3].AuthorName, messages[3].Text));
        Assert.Equal(ticketId, (await platform.SeesAsync<CustomerMessageReceived>(customer.Id)).TicketId);
        Assert.Equal(new SurveyInvitation { Id = survey.SurveyId.ToString(), Token = "secret", Kind = "csat", MinimumScore = 1, MaximumScore = 5 }, messages[6].Survey);
        var seen = await platform.As(await platform.StaffAsync()).ListMessagesAsync(new ListMessagesRequest { ConversationId = customer.Id, AfterSequence = 6 }, cancellationToken: Stop);
        Assert.Equal((survey.SurveyId.ToString(), ""), (Assert.Single(seen.Messages).Survey.Id, seen.Messages[0].Survey.Token));

        await customer.SayAsync("C'est revenu");
        Assert.Equal(State.WithExpert, (await customer.GetAsync()).State);
        await platform.DeliverAsync(new TicketResolved(ticketId, "T-7", customer.Guid, expert, "web_chat", "fr", 2, true, Now));
        await platform.DeliverAsync(new TicketReopened(ticketId, customer.Guid, expert, Now, Now));
        Assert.Equal(State.WithExpert, (await customer.GetAsync()).State);
        Assert.DoesNotContain(await customer.ReadAsync(), message => message.Author == Author.Assistant);
    }

    [Fact]
    public async Task ConfirmSolved_with_a_ticket_tells_tickets_once_and_keeps_the_conversation_open()
    {
        var customer = await platform.OpenAsync();
        var ticketId = await customer.RequestExpertAsync();
        var first = await customer.Client.ConfirmSolvedAsync(new ConfirmSolvedRequest { Id = customer.Id }, cancellationToken: Stop);
        var second = await customer.Client.ConfirmSolvedAsync(new ConfirmSolvedRequest { Id = customer.Id }, cancellationToken: Stop);
        Assert.Equal(State.WithExpert, first.State);
        Assert.Equal(first, second);
        Assert.Equal(ticketId, (await platform.SeesAsync<ConversationSolved>(customer.Id)).TicketId.ToString());
        Assert.Single(platform.Published<ConversationSolved>(customer.Id));
    }

    [Fact]
    public async Task Event_delivered_twice_has_one_effect()
    {
        var customer = await platform.OpenAsync();
        var ticketId = Guid.Parse(await customer.RequestExpertAsync());
        var messageId = Guid.CreateVersion7();
        var reply = new TicketReplied(ticketId, customer.Guid, Guid.CreateVersion7(), Guid.CreateVersion7(), "Inès", "Hello", Now);
        await platform.DeliverAsync(reply, messageId);
        await platform.DeliverAsync(reply, messageId);
        Assert.Single(await customer.ReadAsync(), message => message.Author == Author.Expert);
    }

    [Fact]
    public async Task Event_of_a_conversation_that_is_not_here_fails_so_that_it_comes_again()
    {
        var nowhere = Guid.CreateVersion7();
        var failure = await Assert.ThrowsAnyAsync<Exception>(() =>
            platform.DeliverAsync(new TicketReplied(Guid.CreateVersion7(), nowhere, Guid.CreateVersion7(), Guid.CreateVersion7(), "Inès", "Hello", Now)));
        Assert.Contains(nowhere.ToString(), failure.Message, StringComparison.Ordinal);
    }
}

/// <summary>Patience that is at its end: nobody opens tickets, and an opening is repeated too late.</summary>
public sealed class ImpatientTests : IAsyncLifetime
{
    private readonly ChatPlatform platform = new("Sqlite") { OpensTickets = false, Settings = { ["Channels:TicketPatience"] = "00:00:00.2", ["Channels:OpeningRepeatable"] = "00:00:00" } };

    public ValueTask InitializeAsync() => platform.InitializeAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task RequestExpert_answers_in_any_case()
    {
        var customer = await platform.OpenAsync();
        Assert.Equal(await customer.RequestExpertAsync(), (await customer.GetAsync()).TicketId);
    }

    [Fact]
    public async Task CreateConversation_repeated_too_late_is_refused()
    {
        var request = ChatPlatform.Opening();
        await platform.As(null).CreateConversationAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        var refusal = await Refusal.OfAsync(platform.As(null).CreateConversationAsync(request, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.AlreadyExists, "request_id.reused"), (refusal.Status, refusal.Code));
    }
}

public sealed class HandOverOnSqlite(ChatOnSqlite platform) : HandOverTests(platform), IClassFixture<ChatOnSqlite>;

public sealed class HandOverOnPostgres(ChatOnPostgres platform) : HandOverTests(platform), IClassFixture<ChatOnPostgres>;
