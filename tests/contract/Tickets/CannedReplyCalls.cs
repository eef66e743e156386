using Grpc.Core;
using Relais.Common.Security;
using Relais.Contract.Hosting;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Contract.Tickets;

/// <summary>Answers that experts can start from: supervisors write them, experts find them.</summary>
public abstract class CannedReplyCalls(string provider)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reply_put_is_found_as_it_was_written_and_put_again_is_another()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var supervisor = Supervisor(flow);
        var put = Put("billing.hello", "fr", "billing", "Bonjour {{customer.displayName}} 👋 e\u0301\n", requestId: "r1");
        var first = await supervisor.PutCannedReplyAsync(put, cancellationToken: Stop);
        Assert.Equal((put.Id, put.Locale, put.Category, put.Text), (first.Id, first.Locale, first.Category, first.Text));
        Assert.Equal([first], await ListAsync(flow.Expert, ""));

        var changed = await supervisor.PutCannedReplyAsync(Put(put.Id, "en", "contract", "Hello", requestId: "r2"), cancellationToken: Stop);
        Assert.Equal((put.Id, "en", "contract", "Hello"), (changed.Id, changed.Locale, changed.Category, changed.Text));
        Assert.Equal(first, await supervisor.PutCannedReplyAsync(put, cancellationToken: Stop));
        Assert.Equal([changed], await ListAsync(flow.Expert, ""));
        var reused = await TicketFlow.RefusedAsync(supervisor.PutCannedReplyAsync(Put(put.Id, "fr", "billing", "Salut", requestId: "r2"), cancellationToken: Stop));
        Assert.Equal((StatusCode.AlreadyExists, "request_id.reused"), (reused.Status, reused.Code));
    }

    [Fact]
    public async Task List_is_in_the_order_of_ids_in_pages_and_narrows()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        foreach (var (id, locale, category) in new[] { ("d", "fr", "billing"), ("b", "en", "billing"), ("e", "fr", ""), ("a", "fr", "billing"), ("c", "fr", "network") })
            await Supervisor(flow).PutCannedReplyAsync(Put(id, locale, category), cancellationToken: Stop);
        var pages = new List<string>();
        var token = "";
        do
        {
            var page = await flow.Expert.ListCannedRepliesAsync(new Proto.ListCannedRepliesRequest { PageSize = 2, PageToken = token }, cancellationToken: Stop);
            pages.Add(string.Concat(page.CannedReplies.Select(reply => reply.Id)));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(["ab", "cd", "e"], pages);

        foreach (var (filter, found) in new[] { ("locale:fr", "acde"), ("category:billing", "abd"), ("locale:fr category:billing", "ad"), ("locale:de", "") })
            Assert.Equal(found, string.Concat((await ListAsync(flow.Expert, filter)).Select(reply => reply.Id)));
        var unknown = await TicketFlow.RefusedAsync(flow.Expert.ListCannedRepliesAsync(new Proto.ListCannedRepliesRequest { Filter = "colour:red" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "filter.invalid"), (unknown.Status, unknown.Code));
        var torn = await TicketFlow.RefusedAsync(flow.Expert.ListCannedRepliesAsync(new Proto.ListCannedRepliesRequest { PageToken = "!" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "page_token.invalid"), (torn.Status, torn.Code));
    }

    [Fact]
    public async Task Reply_of_one_tenant_is_not_anothers()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var ours = await Supervisor(flow).PutCannedReplyAsync(Put("hello", "fr", "billing"), cancellationToken: Stop);
        var others = flow.Client(flow.Target.Keys.Staff(TicketFlow.OtherTenant, Roles.Supervisor));
        Assert.Empty(await ListAsync(others, ""));
        await others.PutCannedReplyAsync(Put("hello", "en", "network", "Theirs"), cancellationToken: Stop);
        Assert.Equal([ours], await ListAsync(flow.Expert, ""));
    }

    [Fact]
    public async Task Expert_reads_replies_and_writes_none()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        var denied = await TicketFlow.RefusedAsync(flow.Expert.PutCannedReplyAsync(Put("hello", "fr", "billing"), cancellationToken: Stop));
        Assert.Equal((StatusCode.PermissionDenied, "permission.denied"), (denied.Status, denied.Code));
        Assert.Empty(await ListAsync(flow.Expert, ""));
    }

    [Fact]
    public async Task Reply_that_nobody_could_use_is_refused_with_its_field()
    {
        await using var flow = await TicketFlow.StartAsync(provider);
        foreach (var (put, field) in new[]
        {
            (Put("", "fr", "billing"), "id"),
            (Put("Hello", "fr", "billing"), "id"),
            (Put("a b", "fr", "billing"), "id"),
            (Put(new string('a', 61), "fr", "billing"), "id"),
            (Put("hello", "not a language", "billing"), "locale"),
            (Put("hello", "fr", new string('a', 61)), "category"),
            (Put("hello", "fr", "billing", " \n"), "text"),
        })
        {
            var refusal = await TicketFlow.RefusedAsync(Supervisor(flow).PutCannedReplyAsync(put, cancellationToken: Stop));
            Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
            Assert.Equal([field], refusal.Fields);
        }
    }

    private static Proto.Tickets.TicketsClient Supervisor(TicketFlow flow) => flow.Client(flow.Target.Keys.Staff(TicketFlow.Tenant, Roles.Supervisor));

    private static Proto.PutCannedReplyRequest Put(string id, string locale, string category, string text = "Bonjour", string requestId = "") =>
        new() { RequestId = requestId, Id = id, Locale = locale, Category = category, Text = text };

    private static async Task<IReadOnlyList<Proto.CannedReply>> ListAsync(Proto.Tickets.TicketsClient client, string filter) =>
        (await client.ListCannedRepliesAsync(new Proto.ListCannedRepliesRequest { Filter = filter }, cancellationToken: Stop)).CannedReplies;
}

public sealed class CannedReplyCallsOnSqlite() : CannedReplyCalls("Sqlite");

public sealed class CannedReplyCallsOnPostgres() : CannedReplyCalls("Postgres");
