using Microsoft.EntityFrameworkCore;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;
using Relais.Contracts.Types.V1;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Contract.Tickets;

/// <summary>What events do to tickets: each once, however often and in whatever order they come.</summary>
public abstract class TicketEvents(string provider)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hand_over_opens_a_ticket_with_everything_already_said()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync(TicketFlow.Request(reason: "Je voudrais parler à quelqu'un"));
        var ticket = await flow.GetAsync(request.TicketId);
        Assert.Equal("T-1001", ticket.Number);
        Assert.Equal(Proto.Ticket.Types.State.Open, ticket.State);
        Assert.Equal(Proto.Ticket.Types.Priority.Normal, ticket.Priority);
        Assert.Equal("Le courant est coupé depuis ce matin", ticket.Subject);
        Assert.Equal("Je voudrais parler à quelqu'un", ticket.RequestReason);
        Assert.Equal(request.At.AddHours(4), ticket.DueAt.ToDateTimeOffset(), TimeSpan.FromMilliseconds(1));
        Assert.Equal(("Nadège Colin", "nadege@client.example"), (ticket.Customer.DisplayName, ticket.Customer.Email));
        Assert.Equal(
            [(1, Proto.ThreadEntry.Types.Author.Customer), (2, Proto.ThreadEntry.Types.Author.Customer), (3, Proto.ThreadEntry.Types.Author.Assistant)],
            ticket.Thread.Select(entry => (entry.Position, entry.Author)));
        var attempt = Assert.Single(ticket.SelfCare);
        Assert.Equal((false, "Panne de courant", 3), (attempt.Answered, attempt.Citations[0].Title, attempt.Citations[0].Version));
        // The article named no skill, so the category decides.
        var skill = Assert.Single(ticket.RequiredSkills);
        Assert.Equal(("electricity-technical", 3), (skill.Skill, skill.MinimumLevel));
        var opened = Assert.Single(await flow.PublishedAsync<TicketOpened>());
        Assert.Equal((request.TicketId, "T-1001", "NORMAL", "web_chat", "fr", "power"),
            (opened.TicketId, opened.Number, opened.Priority, opened.Channel, opened.Locale, opened.Category));
        Assert.Equal("electricity-technical", Assert.Single(opened.RequiredSkills).Skill);
        Assert.Equal(ticket.Id, (await flow.Expert.GetTicketAsync(new Proto.GetTicketRequest { Id = "t-1001" }, cancellationToken: Stop)).Id);
    }

    [Fact]
    public async Task Skills_of_the_article_come_before_those_of_the_category_and_an_unknown_category_has_none()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var named = await flow.OpenAsync(TicketFlow.Request() with { RequiredSkills = [new RequiredSkill("solar", 2)] });
        Assert.Equal("solar", Assert.Single((await flow.GetAsync(named.TicketId)).RequiredSkills).Skill);
        var unknown = await flow.OpenAsync(TicketFlow.Request(category: ""));
        Assert.Empty((await flow.GetAsync(unknown.TicketId)).RequiredSkills);
    }

    [Theory]
    [InlineData("VIP", CustomerTier.Vip)]
    [InlineData("GOLD", CustomerTier.Gold)]
    [InlineData("", CustomerTier.Standard)]
    public async Task Tier_of_the_customer_is_shown_and_told(string told, CustomerTier shown)
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync(TicketFlow.Request() with { CustomerTier = told });
        Assert.Equal(shown, (await flow.GetAsync(request.TicketId)).Customer.Tier);
        Assert.Equal(told, Assert.Single(await flow.PublishedAsync<TicketOpened>()).CustomerTier);
    }

    [Fact]
    public async Task Priority_comes_from_cause_and_words()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var failed = await flow.OpenAsync(TicketFlow.Request(cause: "repeated_failure"));
        Assert.Equal(Proto.Ticket.Types.Priority.High, (await flow.GetAsync(failed.TicketId)).Priority);
        var danger = await flow.OpenAsync(TicketFlow.Request(customerTexts: "Ça sent le gaz chez moi"));
        var urgent = await flow.GetAsync(danger.TicketId);
        Assert.Equal(Proto.Ticket.Types.Priority.Urgent, urgent.Priority);
        Assert.Equal(danger.At.AddMinutes(15), urgent.DueAt.ToDateTimeOffset(), TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Numbers_have_no_gaps_within_a_tenant_and_each_tenant_has_its_own()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var requests = Enumerable.Range(0, 20).Select(_ => TicketFlow.Request()).ToList();
        await Task.WhenAll(requests.Select(request => flow.OpenAsync(request)));
        await flow.OpenAsync(tenantId: TicketFlow.OtherTenant);
        var numbers = new List<string>();
        foreach (var request in requests)
            numbers.Add((await flow.GetAsync(request.TicketId)).Number);
        Assert.Equal(Enumerable.Range(1001, 20).Select(number => $"T-{number}"), numbers.Order(StringComparer.Ordinal));
        var other = flow.Client(flow.Target.Keys.Staff(TicketFlow.OtherTenant, "expert"));
        Assert.Equal("T-1001", Assert.Single((await other.ListTicketsAsync(new Proto.ListTicketsRequest(), cancellationToken: Stop)).Tickets).Number);
        var refusal = await TicketFlow.RefusedAsync(other.GetTicketAsync(new Proto.GetTicketRequest { Id = requests[0].TicketId.ToString() }, cancellationToken: Stop));
        Assert.Equal("ticket.not_found", refusal.Code);
    }

    [Fact]
    public async Task Events_that_come_twice_have_one_effect()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = TicketFlow.Request();
        var accepted = new OfferAccepted(Guid.CreateVersion7(), request.TicketId, Guid.CreateVersion7(), "Ada", DateTimeOffset.UtcNow);
        var said = new CustomerMessageReceived(request.ConversationId, Guid.CreateVersion7(), 5, "Oui", request.TicketId, DateTimeOffset.UtcNow);
        var solved = new ConversationSolved(request.ConversationId, request.TicketId, DateTimeOffset.UtcNow);
        var ids = Enumerable.Range(0, 4).Select(_ => Guid.CreateVersion7()).ToList();
        for (var round = 0; round < 2; round++)
        {
            await flow.Target.DeliverAsync(TicketFlow.Tenant, request, ids[0]);
            await flow.Target.DeliverAsync(TicketFlow.Tenant, accepted, ids[1]);
            await flow.Target.DeliverAsync(TicketFlow.Tenant, said, ids[2]);
            await flow.Target.DeliverAsync(TicketFlow.Tenant, solved, ids[3]);
        }

        // The same facts under new message ids, as after a replay by an operator.
        await flow.Target.DeliverAsync(TicketFlow.Tenant, request);
        await flow.Target.DeliverAsync(TicketFlow.Tenant, accepted);
        await flow.Target.DeliverAsync(TicketFlow.Tenant, said);
        await flow.Target.DeliverAsync(TicketFlow.Tenant, solved);
        var ticket = await flow.GetAsync(request.TicketId);
        Assert.Equal(Proto.Ticket.Types.State.Resolved, ticket.State);
        Assert.Equal(4, ticket.Thread.Count);
        Assert.Equal(("Ada", 0), (ticket.AssignedExpertName, ticket.ReopenCount));
        Assert.Single(await flow.PublishedAsync<TicketOpened>());
        Assert.Single(await flow.PublishedAsync<TicketAssigned>());
        var resolved = Assert.Single(await flow.PublishedAsync<TicketResolved>());
        Assert.Equal((true, 1, accepted.ExpertId), (resolved.ByCustomer, resolved.Resolution, resolved.ExpertId));
        Assert.Empty(await flow.PublishedAsync<TicketReopened>());
    }

    [Fact]
    public async Task Events_of_a_ticket_that_is_not_open_yet_are_delivered_again()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = TicketFlow.Request();
        var message = Guid.CreateVersion7();
        await Assert.ThrowsAsync<InvalidOperationException>(() => flow.SayAsync(request, 5, "trop tôt", deliveryId: message));
        await flow.OpenAsync(request);
        await flow.SayAsync(request, 5, "trop tôt", deliveryId: message);
        Assert.Equal("trop tôt", (await flow.GetAsync(request.TicketId)).Thread[^1].Text);
    }

    [Fact]
    public async Task Messages_of_the_assistant_s_conversations_leave_no_trace()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        await flow.Target.DeliverAsync(TicketFlow.Tenant, new CustomerMessageReceived(Guid.NewGuid(), Guid.NewGuid(), 1, "Bonjour", null, DateTimeOffset.UtcNow));
        await flow.Target.DeliverAsync(TicketFlow.Tenant, new ConversationSolved(Guid.NewGuid(), null, DateTimeOffset.UtcNow));
        await using var db = flow.Target.Open<TicketsDb>(TicketFlow.Tenant);
        Assert.Equal(0, await db.Inbox.CountAsync(Stop));
    }

    [Fact]
    public async Task Message_on_a_resolved_ticket_reopens_it_for_its_former_expert()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        var accepted = await flow.AcceptAsync(request.TicketId);
        await flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = request.TicketId.ToString(), Summary = "Réparé" }, cancellationToken: Stop);
        await flow.SayAsync(request, 5, "Non, toujours en panne");
        var ticket = await flow.GetAsync(request.TicketId);
        Assert.Equal((Proto.Ticket.Types.State.Open, 1, "", ""), (ticket.State, ticket.ReopenCount, ticket.AssignedExpertId, ticket.ResolutionSummary));
        Assert.Null(ticket.ResolvedAt);
        var reopened = Assert.Single(await flow.PublishedAsync<TicketReopened>());
        Assert.Equal(accepted.ExpertId, reopened.PreferredExpertId);
        var opened = Assert.Single(await flow.PublishedAsync<TicketOpened>());
        Assert.Equal((opened.Number, opened.Subject, reopened.DueAt), (reopened.Opened!.Number, reopened.Opened.Subject, reopened.Opened.DueAt));
        Assert.Equal(opened.RequestedAt, reopened.Opened.RequestedAt, TimeSpan.FromMilliseconds(1));

        var again = await flow.AcceptAsync(request.TicketId, "Bo");
        Assert.Equal("Bo", (await flow.GetAsync(request.TicketId)).AssignedExpertName);
        Assert.Equal([accepted.ExpertId, again.ExpertId], (await flow.PublishedAsync<TicketAssigned>()).Select(assigned => assigned.ExpertId));
        await flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = request.TicketId.ToString() }, cancellationToken: Stop);
        Assert.Equal([1, 2], (await flow.PublishedAsync<TicketResolved>()).Select(resolved => resolved.Resolution));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_happens_to_a_ticket_is_told_in_the_trace_of_its_matter(bool sampled)
    {
        using var spans = new RecordedSpans();
        await using var flow = await TicketFlow.StartAsync(provider);
        var (matter, accepting, replying, resolving, reopening) = (spans.Begin(sampled), spans.Begin(), spans.Begin(), spans.Begin(), spans.Begin());
        var request = TicketFlow.Request();
        await flow.Target.DeliverAsync(TicketFlow.Tenant, request, traceParent: matter);
        var accepted = new OfferAccepted(Guid.CreateVersion7(), request.TicketId, Guid.CreateVersion7(), "Ada", DateTimeOffset.UtcNow);
        await flow.Target.DeliverAsync(TicketFlow.Tenant, accepted, traceParent: accepting);
        var id = request.TicketId.ToString();
        await flow.Expert.CreateReplyAsync(new Proto.CreateReplyRequest { TicketId = id, Text = "Bonjour" }, RecordedSpans.Headers(replying), cancellationToken: Stop);
        await flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = id }, RecordedSpans.Headers(resolving), cancellationToken: Stop);
        await flow.Expert.ReopenTicketAsync(new Proto.ReopenTicketRequest { Id = id }, RecordedSpans.Headers(reopening), cancellationToken: Stop);

        var told = await flow.Target.TracesAsync<TicketsDb>(TicketFlow.Tenant, request.TicketId);
        (string Name, string? From)[] steps =
        [
            (TicketOpened.WireName, null), (TicketAssigned.WireName, accepting), (TicketReplied.WireName, replying), (TicketResolved.WireName, resolving),
            (TicketReopened.WireName, reopening),
        ];
        foreach (var (name, from) in steps)
        {
            Assert.Equal(RecordedSpans.TraceOf(matter), RecordedSpans.TraceOf(Assert.Single(told[name])));
            if (from is not null)
            {
                Assert.Equal(sampled ? [RecordedSpans.TraceOf(from)] : [], spans.LinkedFrom(matter, $"create {name}"));
                Assert.Equal(sampled ? [RecordedSpans.TraceOf(matter)] : [], spans.LinkedFrom(from));
            }
        }

        Assert.Equal(
            sampled ? steps.Select(step => $"create {step.Name}") : [],
            spans.Of(matter).Select(span => span.OperationName).Where(name => name.StartsWith("create", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_happens_to_a_ticket_that_has_no_trace_is_told_in_that_of_the_request()
    {
        using var spans = new RecordedSpans();
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        var resolving = spans.Begin();
        await flow.Expert.ResolveTicketAsync(
            new Proto.ResolveTicketRequest { Id = request.TicketId.ToString() }, RecordedSpans.Headers(resolving), cancellationToken: Stop);
        var told = await flow.Target.TracesAsync<TicketsDb>(TicketFlow.Tenant, request.TicketId);
        Assert.Null(Assert.Single(told[TicketOpened.WireName]));
        Assert.Equal(RecordedSpans.TraceOf(resolving), RecordedSpans.TraceOf(Assert.Single(told[TicketResolved.WireName])));
        Assert.Empty(spans.LinkedFrom(resolving));
    }

    [Fact]
    public async Task Audit_says_who_did_what()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        await flow.AcceptAsync(request.TicketId);
        var id = request.TicketId.ToString();
        await flow.Expert.CreateReplyAsync(new Proto.CreateReplyRequest { TicketId = id, Text = "Bonjour" }, cancellationToken: Stop);
        await flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = id, Summary = "Réparé" }, cancellationToken: Stop);
        await flow.Expert.ReopenTicketAsync(new Proto.ReopenTicketRequest { Id = id, Reason = "Erreur" }, cancellationToken: Stop);
        await using var db = flow.Target.Open<TicketsDb>(TicketFlow.Tenant);
        var audit = await db.Audit.Where(entry => entry.TicketId == request.TicketId).OrderBy(entry => entry.At).ToListAsync(Stop);
        Assert.Equal(
            [
                (AuditAction.Opened, "Nadège Colin", "customer"), (AuditAction.Assigned, "Ada", ""), (AuditAction.Replied, "Test", ""),
                (AuditAction.Resolved, "Test", "Réparé"), (AuditAction.Reopened, "Test", "Erreur"),
            ],
            audit.Select(entry => (entry.Action, entry.ActorName, entry.Detail)));
    }
}

public sealed class TicketEventsOnSqlite() : TicketEvents("Sqlite");

public sealed class TicketEventsOnPostgres() : TicketEvents("Postgres");
