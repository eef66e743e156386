using Grpc.Core;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;
using Relais.Contracts.Channels.V1;
using static Relais.Contracts.Channels.V1.Conversation.Types;

namespace Relais.Contract.Channels;

/// <summary>Opening, reading, listing and ending conversations.</summary>
public abstract class ConversationTests(ChatPlatform platform)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateConversation_gives_a_conversation_and_a_token_for_it()
    {
        var request = ChatPlatform.Opening("fr-CA", "martin.hale@client.example");
        var opened = await platform.As(null).CreateConversationAsync(request, cancellationToken: Stop);
        Assert.Equal(("web_chat", "fr-CA", State.SelfCare, "Martin Hale", 0), (opened.Conversation.Channel, opened.Conversation.Locale,
            opened.Conversation.State, opened.Conversation.CustomerName, opened.Conversation.LastSequence));
        Assert.Equal(opened.Conversation, await platform.As(opened.AccessToken).GetConversationAsync(new GetConversationRequest { Id = opened.Conversation.Id }, cancellationToken: Stop));
        var started = await platform.SeesAsync<ConversationStarted>(opened.Conversation.Id);
        Assert.Equal((opened.Conversation.CustomerId, "web_chat", "fr-CA"), (started.CustomerId.ToString(), started.Channel, started.Locale));
    }

    [Fact]
    public async Task CreateConversation_by_the_same_address_is_the_same_customer()
    {
        var one = await platform.OpenAsync(email: "one.person@client.example");
        var other = await platform.OpenAsync(email: "One.Person@client.example");
        Assert.NotEqual(one.Id, other.Id);
        Assert.Equal((await one.GetAsync()).CustomerId, (await other.GetAsync()).CustomerId);
    }

    [Fact]
    public async Task CreateConversation_repeated_gives_the_same_conversation_and_a_token_that_works()
    {
        var request = ChatPlatform.Opening();
        var first = await platform.As(null).CreateConversationAsync(request, cancellationToken: Stop);
        await platform.As(first.AccessToken).CreateMessageAsync(new CreateMessageRequest { ConversationId = first.Conversation.Id, Text = "hello" }, cancellationToken: Stop);
        var second = await platform.As(null).CreateConversationAsync(request, cancellationToken: Stop);
        Assert.Equal(first.Conversation, second.Conversation);
        var read = await platform.As(second.AccessToken).ListMessagesAsync(new ListMessagesRequest { ConversationId = first.Conversation.Id }, cancellationToken: Stop);
        Assert.Equal("hello", read.Messages[0].Text);
        await platform.SeesAsync<ConversationStarted>(first.Conversation.Id);
        Assert.Single(platform.Published<ConversationStarted>(first.Conversation.Id));
    }

    [Fact]
    public async Task CreateConversation_sent_several_times_at_once_opens_one()
    {
        var request = ChatPlatform.Opening();
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await platform.As(null).CreateConversationAsync(request, cancellationToken: Stop)));
        var id = Assert.Single(opened.Select(answer => answer.Conversation.Id).Distinct());
        foreach (var answer in opened)
            Assert.Equal(id, (await platform.As(answer.AccessToken).GetConversationAsync(new GetConversationRequest { Id = id }, cancellationToken: Stop)).Id);
    }

    [Fact]
    public async Task CreateConversation_with_a_used_request_id_and_other_content_is_refused()
    {
        var request = ChatPlatform.Opening();
        await platform.As(null).CreateConversationAsync(request, cancellationToken: Stop);
        request.Customer.DisplayName = "Somebody Else";
        request.Customer.Email = $"{Guid.NewGuid():N}@client.example";
        var refusal = await Refusal.OfAsync(platform.As(null).CreateConversationAsync(request, cancellationToken: Stop));
        Assert.Equal((StatusCode.AlreadyExists, "request_id.reused"), (refusal.Status, refusal.Code));
        Assert.Empty(await platform.CustomersAsync(request.Customer.Email));
    }

    [Fact]
    public async Task CreateConversation_stores_no_token()
    {
        var opened = await platform.As(null).CreateConversationAsync(ChatPlatform.Opening(), cancellationToken: Stop);
        var token = Encoding.UTF8.GetBytes(opened.AccessToken.Split('.')[^1]);
        await using var db = platform.OpenDb();
        var stored = await db.AnsweredRequests.IgnoreQueryFilters().Select(row => row.Response).ToListAsync(Stop);
        Assert.All(stored, response => Assert.Equal(-1, response.AsSpan().IndexOf(token)));
    }

    [Fact]
    public async Task CreateConversation_on_an_unknown_channel_names_the_known_ones()
    {
        var request = ChatPlatform.Opening();
        request.Channel = "telegraph";
        var refusal = await Refusal.OfAsync(platform.As(null).CreateConversationAsync(request, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "channel.unknown"), (refusal.Status, refusal.Code));
        Assert.Contains("web_chat", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateConversation_with_wrong_fields_names_them_all()
    {
        var request = new CreateConversationRequest
        {
            Channel = "web_chat", Locale = "French", Customer = new CustomerProfile { DisplayName = "A\0B", Email = "nobody" }, RequestId = new string('r', 101),
        };
        var refusal = await Refusal.OfAsync(platform.As(null).CreateConversationAsync(request, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, "request.invalid"), (refusal.Status, refusal.Code));
        Assert.Equal(["requestId", "locale", "customer.displayName", "customer.email"], refusal.Fields);
    }

    [Fact]
    public async Task CreateConversation_with_an_address_that_identity_refuses_names_the_email()
    {
        var refusal = await Refusal.OfAsync(platform.As(null).CreateConversationAsync(ChatPlatform.Opening(email: "me@bad_host"), cancellationToken: Stop));
        Assert.Equal(StatusCode.InvalidArgument, refusal.Status);
        Assert.Equal(["customer.email"], refusal.Fields);
    }

    [Fact]
    public async Task GetConversation_of_somebody_else_is_not_found_and_so_is_one_of_another_tenant()
    {
        var mine = await platform.OpenAsync();
        var other = await platform.OpenAsync();
        var request = new GetConversationRequest { Id = other.Id };
        Assert.Equal("conversation.not_found", (await Refusal.OfAsync(mine.Client.GetConversationAsync(request, cancellationToken: Stop))).Code);
        Assert.Equal(other.Id, (await platform.As(await platform.StaffAsync()).GetConversationAsync(request, cancellationToken: Stop)).Id);
        var foreign = platform.As(await platform.OtherStaffAsync());
        Assert.Equal("conversation.not_found", (await Refusal.OfAsync(foreign.GetConversationAsync(request, cancellationToken: Stop))).Code);
        Assert.Equal("conversation.not_found", (await Refusal.OfAsync(foreign.GetConversationAsync(new GetConversationRequest { Id = "7" }, cancellationToken: Stop))).Code);
        Assert.Empty((await foreign.ListConversationsAsync(new ListConversationsRequest(), cancellationToken: Stop)).Conversations);
    }

    [Fact]
    public async Task ListConversations_pages_newest_first_and_filters()
    {
        var email = $"{Guid.NewGuid():N}@client.example";
        var ids = new List<string>();
        for (var count = 0; count < 5; count++)
            ids.Insert(0, (await platform.OpenAsync(email: email)).Id);
        var staff = platform.As(await platform.StaffAsync());
        var customer = (await staff.GetConversationAsync(new GetConversationRequest { Id = ids[0] }, cancellationToken: Stop)).CustomerId;
        var request = new ListConversationsRequest { PageSize = 2, Filter = $"customer:{customer} state:SELF_CARE" };
        var found = new List<string>();
        do
        {
            var page = await staff.ListConversationsAsync(request, cancellationToken: Stop);
            found.AddRange(page.Conversations.Select(conversation => conversation.Id));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(ids, found);
        request.Filter = $"customer:{customer} state:CLOSED";
        Assert.Empty((await staff.ListConversationsAsync(request, cancellationToken: Stop)).Conversations);
    }

    [Theory]
    [InlineData("color:red", "", "filter.invalid")]
    [InlineData("state:ASLEEP", "", "filter.invalid")]
    [InlineData("customer:me", "", "filter.invalid")]
    [InlineData("", "!", "page_token.invalid")]
    public async Task ListConversations_with_a_wrong_question_is_refused(string filter, string token, string code)
    {
        var staff = platform.As(await platform.StaffAsync());
        var refusal = await Refusal.OfAsync(staff.ListConversationsAsync(new ListConversationsRequest { Filter = filter, PageToken = token }, cancellationToken: Stop));
        Assert.Equal((StatusCode.InvalidArgument, code), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task ListConversations_is_not_for_customers()
    {
        var refusal = await Refusal.OfAsync((await platform.OpenAsync()).Client.ListConversationsAsync(new ListConversationsRequest(), cancellationToken: Stop));
        Assert.Equal((StatusCode.PermissionDenied, "permission.denied"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task ConfirmSolved_in_self_care_closes_once_and_a_further_message_is_refused()
    {
        var customer = await platform.OpenAsync();
        await customer.AskAsync("Explain my bill");
        var request = new ConfirmSolvedRequest { Id = customer.Id, RequestId = "solved" };
        var closed = await customer.Client.ConfirmSolvedAsync(request, cancellationToken: Stop);
        Assert.Equal(State.Closed, closed.State);
        Assert.Equal(closed, await customer.Client.ConfirmSolvedAsync(request, cancellationToken: Stop));
        Assert.Equal(closed, await customer.Client.ConfirmSolvedAsync(new ConfirmSolvedRequest { Id = customer.Id }, cancellationToken: Stop));
        Assert.Null((await platform.SeesAsync<ConversationSolved>(customer.Id)).TicketId);
        Assert.Single(platform.Published<ConversationSolved>(customer.Id));
        var late = await Refusal.OfAsync(customer.Client.CreateMessageAsync(new CreateMessageRequest { ConversationId = customer.Id, Text = "wait" }, cancellationToken: Stop));
        Assert.Equal((StatusCode.FailedPrecondition, "conversation.closed"), (late.Status, late.Code));
        var expert = await Refusal.OfAsync(customer.Client.RequestExpertAsync(new RequestExpertRequest { Id = customer.Id }, cancellationToken: Stop));
        Assert.Equal("conversation.closed", expert.Code);
    }
}

public sealed class ConversationOnSqlite(ChatOnSqlite platform) : ConversationTests(platform), IClassFixture<ChatOnSqlite>;

public sealed class ConversationOnPostgres(ChatOnPostgres platform) : ConversationTests(platform), IClassFixture<ChatOnPostgres>;
