using System.Diagnostics;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Channels.V1;

namespace Relais.Contract.Channels;

/// <summary>What many say at once on PostgreSQL, in shared transactions.</summary>
public sealed class TalkGroupTests(ChatOnPostgres platform) : IClassFixture<ChatOnPostgres>
{
    private const int Customers = 32;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_of_many_conversations_share_transactions_and_each_has_its_answer()
    {
        var customers = await OpenAsync();
        var said = await Task.WhenAll(customers.Select(customer => customer.SayAsync($"my bill {customer.Id}")));
        for (var one = 0; one < Customers; one++)
        {
            Assert.Equal((1, $"my bill {customers[one].Id}"), (said[one].Sequence, said[one].Text));
            await customers[one].NextAsync(1);
            Assert.Equal(2, (await customers[one].ReadAsync()).Count);
        }

        var ids = customers.Select(customer => customer.Guid).ToArray();
        await using var db = platform.OpenDb();
        var transactions = await db.Database
            .SqlQuery<string>($"""SELECT DISTINCT xmin::text AS "Value" FROM messages WHERE "ConversationId" = ANY ({ids}) AND "Sequence" = 1""").ToListAsync(Stop);
        Assert.InRange(transactions.Count, 1, Customers - 1);
    }

    [Fact]
    public async Task Conversation_that_somebody_holds_keeps_nobody_else_waiting()
    {
        var customers = await OpenAsync();
        Task<Message> held;
        await using (var db = platform.OpenDb())
        {
            db.TenantId = ChatPlatform.Tenant;
            await using var transaction = await db.Database.BeginTransactionAsync(Stop);
            await db.GetAsync(customers[0].Guid, Stop);
            held = customers[0].SayAsync("my bill");
            await Task.WhenAll(customers.Skip(1).Select(customer => customer.SayAsync("my bill")));
            Assert.False(held.IsCompleted);
        }

        Assert.Equal(1, (await held).Sequence);
    }

    [Fact]
    public async Task What_cannot_be_said_keeps_nothing_else_from_being_said()
    {
        var customers = await OpenAsync();
        await customers[0].Client.ConfirmSolvedAsync(new ConfirmSolvedRequest { Id = customers[0].Id }, cancellationToken: Stop);
        var refused = Refusal.OfAsync(customers[0].Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = customers[0].Id, Text = "my bill", RequestId = "r1" }, cancellationToken: Stop));
        await Task.WhenAll(customers.Skip(1).Select(customer => customer.SayAsync("my bill")));
        Assert.Equal("conversation.closed", (await refused).Code);
        Assert.Empty(await customers[0].ReadAsync());
    }

    [Fact]
    public async Task Request_id_that_no_database_keeps_is_refused_alone()
    {
        var customers = await OpenAsync();
        var refused = Refusal.OfAsync(customers[0].Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = customers[0].Id, Text = "my bill", RequestId = "r\01" }, cancellationToken: Stop));
        await Task.WhenAll(customers.Skip(1).Select(customer => customer.SayAsync("my bill")));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), ((await refused).Status, (await refused).Code));
        Assert.Equal(["requestId"], (await refused).Fields);
    }

    [Fact]
    public async Task Event_belongs_to_the_trace_of_its_own_message()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        var customers = await OpenAsync();
        var traces = customers.ToDictionary(customer => customer.Id, _ => ActivityTraceId.CreateRandom().ToHexString());
        await Task.WhenAll(customers.Select(async customer => await customer.Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = customer.Id, Text = "my bill", RequestId = "r1" },
            new Metadata { { "traceparent", $"00-{traces[customer.Id]}-00f067aa0ba902b7-01" } }, cancellationToken: Stop)));
        await using var db = platform.OpenDb();
        db.TenantId = ChatPlatform.Tenant;
        var told = await db.Outbox.Where(row => row.Name == CustomerMessageReceived.WireName && traces.Keys.Contains(row.Key)).ToListAsync(Stop);
        Assert.Equal(Customers, told.Count);
        Assert.All(told, row => Assert.Equal(traces[row.Key], row.TraceParent!.Split('-')[1]));
    }

    private Task<ChatPlatform.Customer[]> OpenAsync() => Task.WhenAll(Enumerable.Range(0, Customers).Select(_ => platform.OpenAsync()));
}
