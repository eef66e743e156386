using Grpc.Core;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Tickets;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Contract.Tickets;

/// <summary>What callers do with tickets over gRPC, and what they hear when it does not go.</summary>
public abstract class TicketCalls(string provider)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reply_reaches_thread_and_channel_once_and_as_it_was_written()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        await flow.AcceptAsync(request.TicketId);
        var reply = new Proto.CreateReplyRequest { RequestId = "r1", TicketId = request.TicketId.ToString(), Text = "  Bonjour 👩‍🔧 \u202Bשלום\u202C e\u0301\n" };
        var first = await flow.Expert.CreateReplyAsync(reply, cancellationToken: Stop);
        var repeated = await flow.Expert.CreateReplyAsync(reply, cancellationToken: Stop);
        Assert.Equal(first, repeated);
        var ticket = await flow.GetAsync(request.TicketId);
        Assert.Equal((4, reply.Text, "Test", Proto.ThreadEntry.Types.Author.Expert), (ticket.Thread[^1].Position, ticket.Thread[^1].Text, ticket.Thread[^1].AuthorName, ticket.Thread[^1].Author));
        Assert.Equal(first.CreatedAt, ticket.FirstRepliedAt);
        var published = Assert.Single(await flow.PublishedAsync<TicketReplied>());
        Assert.Equal((first.Id, reply.Text, request.ConversationId), (published.ReplyId.ToString(), published.Text, published.ConversationId));

        var reused = await TicketFlow.RefusedAsync(flow.Expert.CreateReplyAsync(
            new Proto.CreateReplyRequest { RequestId = "r1", TicketId = request.TicketId.ToString(), Text = "autre" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.AlreadyExists, "request_id.reused"), (reused.Status, reused.Code));
    }

    [Fact]
    public async Task Reply_with_a_text_nobody_could_read_is_refused()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        foreach (var text in new[] { "", " \n", "a\0b", new string('x', 100_000) })
        {
            var refusal = await TicketFlow.RefusedAsync(flow.Expert.CreateReplyAsync(
                new Proto.CreateReplyRequest { TicketId = request.TicketId.ToString(), Text = text }, cancellationToken: Stop));
            Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
            Assert.Equal(["text"], refusal.Fields);
        }
    }

    [Fact]
    public async Task Ticket_that_does_not_exist_or_has_no_name_is_refused()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        foreach (var (name, status, code) in new[]
        {
            ("T-9999", StatusCode.NotFound, "ticket.not_found"),
            (Guid.NewGuid().ToString(), StatusCode.NotFound, "ticket.not_found"),
            ("nonsense", StatusCode.InvalidArgument, "ticket.name_invalid"),
        })
        {
            var calls = new Func<Task<Refusal>>[]
            {
                () => TicketFlow.RefusedAsync(flow.Expert.GetTicketAsync(new Proto.GetTicketRequest { Id = name }, cancellationToken: Stop)),
                () => TicketFlow.RefusedAsync(flow.Expert.CreateReplyAsync(new Proto.CreateReplyRequest { TicketId = name, Text = "x" }, cancellationToken: Stop)),
                () => TicketFlow.RefusedAsync(flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = name }, cancellationToken: Stop)),
                () => TicketFlow.RefusedAsync(flow.Expert.ReopenTicketAsync(new Proto.ReopenTicketRequest { Id = name }, cancellationToken: Stop)),
            };
            foreach (var call in calls)
            {
                var refusal = await call();
                Assert.Equal((status, code), (refusal.Status, refusal.Code));
            }
        }
    }

    [Fact]
    public async Task Resolve_and_reopen_go_once_and_say_so_the_second_time()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        await flow.AcceptAsync(request.TicketId);
        var id = request.TicketId.ToString();
        Assert.Equal("ticket.not_resolved", (await TicketFlow.RefusedAsync(flow.Expert.ReopenTicketAsync(new Proto.ReopenTicketRequest { Id = id }, cancellationToken: Stop))).Code);

        var resolve = new Proto.ResolveTicketRequest { RequestId = "r1", Id = id, Summary = "Réparé" };
        var resolved = await flow.Expert.ResolveTicketAsync(resolve, cancellationToken: Stop);
        Assert.Equal((Proto.Ticket.Types.State.Resolved, "Réparé"), (resolved.State, resolved.ResolutionSummary));
        Assert.Equal(resolved, await flow.Expert.ResolveTicketAsync(resolve, cancellationToken: Stop));
        Assert.Equal(resolved, await flow.GetAsync(request.TicketId));
        var again = await TicketFlow.RefusedAsync(flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { RequestId = "r2", Id = id }, cancellationToken: Stop));
        Assert.Equal((StatusCode.FailedPrecondition, "ticket.already_resolved"), (again.Status, again.Code));
        Assert.Equal("ticket.resolved", (await TicketFlow.RefusedAsync(flow.Expert.CreateReplyAsync(new Proto.CreateReplyRequest { TicketId = id, Text = "x" }, cancellationToken: Stop))).Code);

        var reopened = await flow.Expert.ReopenTicketAsync(new Proto.ReopenTicketRequest { Id = resolved.Number, Reason = "Erreur" }, cancellationToken: Stop);
        Assert.Equal((Proto.Ticket.Types.State.Open, 1), (reopened.State, reopened.ReopenCount));
        Assert.Single(await flow.PublishedAsync<TicketResolved>());
        Assert.Single(await flow.PublishedAsync<TicketReopened>());
    }

    [Fact]
    public async Task Stale_etag_is_refused_and_the_current_one_is_not()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        var before = await flow.GetAsync(request.TicketId);
        await flow.Expert.CreateReplyAsync(new Proto.CreateReplyRequest { TicketId = before.Id, Text = "Bonjour" }, cancellationToken: Stop);
        var stale = await TicketFlow.RefusedAsync(flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = before.Id, Etag = before.Etag }, cancellationToken: Stop));
        Assert.Equal((StatusCode.Aborted, "etag.stale"), (stale.Status, stale.Code));
        var now = await flow.GetAsync(request.TicketId);
        var resolved = await flow.Expert.ResolveTicketAsync(new Proto.ResolveTicketRequest { Id = before.Id, Etag = now.Etag }, cancellationToken: Stop);
        await flow.Expert.ReopenTicketAsync(new Proto.ReopenTicketRequest { Id = before.Id, Etag = resolved.Etag }, cancellationToken: Stop);
    }

    [Fact]
    public async Task Replies_at_the_same_time_all_have_their_place()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => flow.Expert.CreateReplyAsync(
            new Proto.CreateReplyRequest { TicketId = request.TicketId.ToString(), Text = $"reply {n}" }, cancellationToken: Stop).ResponseAsync));
        var thread = (await flow.GetAsync(request.TicketId)).Thread;
        Assert.Equal(Enumerable.Range(1, 23), thread.Select(entry => entry.Position));
        Assert.Equal(20, thread.Select(entry => entry.Text).Count(text => text.StartsWith("reply", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task List_is_newest_first_in_pages_without_threads_and_narrows()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var requests = new List<ExpertRequested>();
        for (var n = 0; n < 5; n++)
            requests.Add(await flow.OpenAsync());
        var urgent = await flow.OpenAsync(TicketFlow.Request(customerTexts: "fuite de gaz dans la cave"));
        var accepted = await flow.AcceptAsync(requests[0].TicketId);
        var numbers = new List<string>();
        var token = "";
        do
        {
            var page = await flow.Expert.ListTicketsAsync(new Proto.ListTicketsRequest { PageSize = 4, PageToken = token }, cancellationToken: Stop);
            numbers.AddRange(page.Tickets.Select(ticket => ticket.Number));
            Assert.All(page.Tickets, ticket => Assert.Empty(ticket.Thread));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(["T-1006", "T-1005", "T-1004", "T-1003", "T-1002", "T-1001"], numbers);

        async Task<IEnumerable<string>> ListedAsync(string filter) =>
            (await flow.Expert.ListTicketsAsync(new Proto.ListTicketsRequest { Filter = filter }, cancellationToken: Stop)).Tickets.Select(ticket => ticket.Id);
        Assert.Equal([requests[0].TicketId.ToString()], await ListedAsync("state:ASSIGNED"));
        Assert.Equal([urgent.TicketId.ToString()], await ListedAsync("state:OPEN priority:URGENT"));
        Assert.Equal([requests[0].TicketId.ToString()], await ListedAsync($"expert:{accepted.ExpertId}"));
        Assert.Equal([requests[3].TicketId.ToString()], await ListedAsync($"customer:{requests[3].CustomerId}"));
        Assert.Empty(await ListedAsync("expert:me"));
    }

    [Fact]
    public async Task List_with_a_filter_or_token_it_does_not_know_is_refused()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        foreach (var filter in new[] { "state:DONE", "state:1", "colour:red", "priority", "customer:me" })
        {
            var refusal = await TicketFlow.RefusedAsync(flow.Expert.ListTicketsAsync(new Proto.ListTicketsRequest { Filter = filter }, cancellationToken: Stop));
            Assert.Equal((StatusCode.InvalidArgument, "filter.invalid"), (refusal.Status, refusal.Code));
        }

        Assert.Equal("page_token.invalid", (await TicketFlow.RefusedAsync(flow.Expert.ListTicketsAsync(new Proto.ListTicketsRequest { PageToken = "eHg" }, cancellationToken: Stop))).Code);
    }

    [Fact]
    public async Task Tickets_are_there_after_a_restart()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var request = await flow.OpenAsync();
        await flow.AcceptAsync(request.TicketId);
        var before = await flow.GetAsync(request.TicketId);
        await flow.RestartAsync();
        Assert.Equal(before, await flow.GetAsync(request.TicketId));
        await flow.OpenAsync();
        Assert.Equal("T-1002", (await flow.Expert.GetTicketAsync(new Proto.GetTicketRequest { Id = "T-1002" }, cancellationToken: Stop)).Number);
    }
}

public sealed class TicketCallsOnSqlite() : TicketCalls("Sqlite");

public sealed class TicketCallsOnPostgres() : TicketCalls("Postgres");
