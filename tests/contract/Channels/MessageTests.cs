using Grpc.Core;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Channels.V1;

namespace Relais.Contract.Channels;

/// <summary>Saying and reading.</summary>
public abstract class MessageTests(ChatPlatform platform)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateMessage_many_at_once_has_every_sequence_once_and_an_answer_to_each()
    {
        var customer = await platform.OpenAsync();
        var said = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => customer.SayAsync($"bill {number}")));
        Assert.Equal(20, said.Select(message => message.Sequence).Distinct().Count());
        await customer.NextAsync(39);
        var all = await customer.ReadAsync();
        Assert.Equal(Enumerable.Range(1, 40), all.Select(message => message.Sequence));
        Assert.Equal(20, all.Count(message => message.Author == Message.Types.Author.Assistant));
        foreach (var message in said)
            Assert.Equal(message, all[message.Sequence - 1]);
    }

    [Fact]
    public async Task CreateMessage_repeated_has_the_same_answer_and_one_effect()
    {
        var customer = await platform.OpenAsync();
        var request = new CreateMessageRequest { ConversationId = customer.Id, Text = "my bill", RequestId = "r1" };
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => await customer.Client.CreateMessageAsync(request, cancellationToken: Stop)));
        Assert.Single(answers.Distinct());
        await customer.NextAsync(1);
        Assert.Equal(2, (await customer.ReadAsync()).Count);
        request.Text = "something else";
        Assert.Equal("request_id.reused", (await Refusal.OfAsync(customer.Client.CreateMessageAsync(request, cancellationToken: Stop))).Code);
    }

    [Theory]
    [InlineData("Ça va ? 👩‍👩‍👧 été — ‎שלום مرحبا")]
    [InlineData("e\u0301 a\u0308 \u200f\u202e")]
    [InlineData("  <b>spaces\r\n\tand tags</b>  ")]
    public async Task CreateMessage_keeps_the_text_as_it_is(string text)
    {
        var customer = await platform.OpenAsync();
        Assert.Equal(text, (await customer.SayAsync(text)).Text);
        Assert.Equal(text, (await customer.ReadAsync())[0].Text);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("   ", 1)]
    [InlineData("a\0b", 1)]
    [InlineData("x", 20_001)]
    [InlineData("x", 102_400)]
    public async Task CreateMessage_with_a_wrong_text_is_refused(string text, int times)
    {
        var customer = await platform.OpenAsync();
        var refusal = await Refusal.OfAsync(customer.Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = customer.Id, Text = string.Concat(Enumerable.Repeat(text, times)) }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
        Assert.Equal(["text"], refusal.Fields);
    }

    [Fact]
    public async Task CreateMessage_of_20_000_characters_is_taken_and_answered()
    {
        var customer = await platform.OpenAsync();
        Assert.Equal(Message.Types.Author.Assistant, (await customer.AskAsync("My bill " + new string('é', 19_992))).Author);
    }

    [Fact]
    public async Task CreateMessage_in_the_conversation_of_somebody_else_is_not_found_like_one_that_does_not_exist()
    {
        var mine = await platform.OpenAsync();
        var other = await platform.OpenAsync();
        var theirs = await Refusal.OfAsync(mine.Client.CreateMessageAsync(new CreateMessageRequest { ConversationId = other.Id, Text = "hello" }, cancellationToken: Stop));
        var nobodys = await Refusal.OfAsync(mine.Client.CreateMessageAsync(
            new CreateMessageRequest { ConversationId = Guid.NewGuid().ToString(), Text = "hello" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.NotFound, "conversation.not_found"), (theirs.Status, theirs.Code));
        Assert.Equal((theirs.Code, theirs.Message), (nobodys.Code, nobodys.Message));
        Assert.Equal("conversation.not_found", (await Refusal.OfAsync(mine.Client.ListMessagesAsync(new ListMessagesRequest { ConversationId = other.Id }, cancellationToken: Stop))).Code);
        Assert.Equal("conversation.not_found", (await Refusal.OfAsync(mine.Client.ConfirmSolvedAsync(new ConfirmSolvedRequest { Id = other.Id }, cancellationToken: Stop))).Code);
        Assert.Equal("conversation.not_found", (await Refusal.OfAsync(mine.Client.RequestExpertAsync(new RequestExpertRequest { Id = other.Id }, cancellationToken: Stop))).Code);
        Assert.Empty(await other.ReadAsync());
    }

    [Fact]
    public async Task CreateMessage_is_for_customers_alone()
    {
        var customer = await platform.OpenAsync();
        var staff = platform.As(await platform.StaffAsync());
        var refusal = await Refusal.OfAsync(staff.CreateMessageAsync(new CreateMessageRequest { ConversationId = customer.Id, Text = "hello" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.PermissionDenied, "permission.denied"), (refusal.Status, refusal.Code));
        Assert.Equal("token.missing", (await Refusal.OfAsync(platform.As(null).CreateMessageAsync(new CreateMessageRequest { ConversationId = customer.Id, Text = "hello" }, cancellationToken: Stop))).Code);
    }

    [Fact]
    public async Task ListMessages_waits_for_the_next_one_and_gives_pages()
    {
        var customer = await platform.OpenAsync();
        var waiting = customer.NextAsync(0);
        await Task.Delay(50, Stop);
        Assert.False(waiting.IsCompleted);
        var said = await customer.SayAsync("my bill");
        Assert.Equal(said, await waiting);
        await customer.AskAsync("my bill again");
        var page = await customer.Client.ListMessagesAsync(new ListMessagesRequest { ConversationId = customer.Id, AfterSequence = 1, PageSize = 2 }, cancellationToken: Stop);
        Assert.Equal([2, 3], page.Messages.Select(message => message.Sequence));
    }

    [Fact]
    public async Task ListMessages_by_staff_reads_their_tenant_alone()
    {
        var customer = await platform.OpenAsync();
        await customer.AskAsync("my bill");
        var request = new ListMessagesRequest { ConversationId = customer.Id };
        Assert.Equal(2, (await platform.As(await platform.StaffAsync()).ListMessagesAsync(request, cancellationToken: Stop)).Messages.Count);
        var foreign = await Refusal.OfAsync(platform.As(await platform.OtherStaffAsync()).ListMessagesAsync(request, cancellationToken: Stop));
        Assert.Equal("conversation.not_found", foreign.Code);
    }

    [Fact]
    public async Task ListMessages_with_negative_numbers_is_refused()
    {
        var customer = await platform.OpenAsync();
        var refusal = await Refusal.OfAsync(customer.Client.ListMessagesAsync(
            new ListMessagesRequest { ConversationId = customer.Id, AfterSequence = -1, WaitSeconds = -1 }, cancellationToken: Stop));
        Assert.Equal(["afterSequence", "waitSeconds"], refusal.Fields);
    }

    [Fact]
    public async Task CreateMessage_publishes_what_was_said()
    {
        var customer = await platform.OpenAsync();
        var said = await customer.SayAsync("my bill");
        var received = await platform.SeesAsync<CustomerMessageReceived>(customer.Id);
        Assert.Equal((said.Id, 1, "my bill", null), (received.MessageId.ToString(), received.Sequence, received.Text, received.TicketId));
    }
}

public sealed class MessageOnSqlite(ChatOnSqlite platform) : MessageTests(platform), IClassFixture<ChatOnSqlite>;

public sealed class MessageOnPostgres(ChatOnPostgres platform) : MessageTests(platform), IClassFixture<ChatOnPostgres>;
