using Relais.Contracts.Channels;
using Relais.Contracts.Channels.V1;
using static Relais.Contracts.Channels.V1.Conversation.Types;
using static Relais.Contracts.Channels.V1.Message.Types;
using Action = Relais.Contracts.Channels.V1.Choice.Types.Action;

namespace Relais.Contract.Channels;

/// <summary>The assistant's turn.</summary>
public abstract class AssistantTests(ChatPlatform platform)
{
    [Fact]
    public async Task Question_that_an_article_answers_gets_its_passage_with_citation_and_choices()
    {
        var customer = await platform.OpenAsync("fr");
        var answer = await customer.AskAsync("Explain my bill");
        Assert.Equal((2, Author.Assistant), (answer.Sequence, answer.Author));
        Assert.Contains("From Understand my bill.", answer.Text, StringComparison.Ordinal);
        Assert.Contains("notre article", answer.Text, StringComparison.Ordinal);
        var citation = Assert.Single(answer.Citations);
        Assert.Equal((FakeKnowledge.BillArticle.ToString(), 3, "Understand my bill", 0.9), (citation.ArticleId, citation.Version, citation.Title, citation.Confidence));
        Assert.Equal([Action.ConfirmSolved, Action.AskAgain, Action.RequestExpert], answer.Choices.Select(choice => choice.Action));
        Assert.Equal(["web_chat"], answer.Choices[^1].Channels);
        var replied = await platform.SeesAsync<AssistantReplied>(customer.Id);
        Assert.Equal((answer.Id, true, 0.9, "Explain my bill"), (replied.MessageId.ToString(), replied.Answered, replied.Confidence, replied.Question));
        Assert.Contains(platform.Knowledge.Asked, asked => asked is { Question: "Explain my bill", Locale: "fr" });
    }

    [Fact]
    public async Task Question_that_no_article_answers_is_admitted()
    {
        var customer = await platform.OpenAsync();
        var answer = await customer.AskAsync("Do you sell gas bottles?");
        Assert.Empty(answer.Citations);
        Assert.Equal([Action.AskAgain, Action.RequestExpert], answer.Choices.Select(choice => choice.Action));
        var replied = await platform.SeesAsync<AssistantReplied>(customer.Id);
        Assert.Equal((false, 0.2), (replied.Answered, replied.Confidence));
        Assert.Equal(State.SelfCare, (await customer.GetAsync()).State);
    }

    [Fact]
    public async Task Small_talk_is_answered_without_asking_anybody_and_is_no_failure()
    {
        var customer = await platform.OpenAsync();
        await customer.AskAsync("What about gas?");
        var answer = await customer.AskAsync("Thank you so much!");
        Assert.Equal(Author.Assistant, answer.Author);
        Assert.DoesNotContain(platform.Knowledge.Asked, asked => asked.Question.StartsWith("Thank", StringComparison.Ordinal));
        await platform.SeesAsync<AssistantReplied>(customer.Id);
        Assert.Single(platform.Published<AssistantReplied>(customer.Id));
        Assert.Equal(State.SelfCare, (await customer.GetAsync()).State);
    }

    [Fact]
    public async Task Two_refusals_in_a_row_hand_over_with_everything_said()
    {
        var customer = await platform.OpenAsync();
        await customer.AskAsync("Explain my bill");
        await customer.AskAsync("Do you sell gas?");
        await customer.AskAsync("And a wasps' nest?");
        var asked = await platform.SeesAsync<ExpertRequested>(customer.Id);
        Assert.Equal(("repeated_failure", "power"), (asked.Cause, asked.Category));
        Assert.Equal([1, 2, 3, 4, 5, 6], asked.Transcript.Select(line => line.Sequence));
        Assert.Equal(["CUSTOMER", "ASSISTANT", "CUSTOMER", "ASSISTANT", "CUSTOMER", "ASSISTANT"], asked.Transcript.Select(line => line.Author));
        Assert.Equal([("Explain my bill", true), ("Do you sell gas?", false), ("And a wasps' nest?", false)],
            asked.SelfCare.Select(attempt => (attempt.Question, attempt.Answered)));
        await customer.NextAsync(7);
        var messages = await customer.ReadAsync(6);
        Assert.Equal([Author.System, Author.System], messages.Select(message => message.Author));
        Assert.Contains("T-1", messages[1].Text, StringComparison.Ordinal);
        Assert.Equal((State.WithExpert, asked.TicketId.ToString()), ((await customer.GetAsync()).State, (await customer.GetAsync()).TicketId));
    }

    [Theory]
    [InlineData("I want to talk to a human", "customer")]
    [InlineData("My lawyer will write to you", "sensitive_topic")]
    [InlineData("I am fed up with you", "angry_customer")]
    public async Task Wish_for_a_person_threats_and_anger_hand_over_at_once(string text, string cause)
    {
        var customer = await platform.OpenAsync();
        await customer.AskAsync("Explain my bill");
        await customer.AskAsync(text);
        var asked = await platform.SeesAsync<ExpertRequested>(customer.Id);
        Assert.Equal((cause, text, "billing"), (asked.Cause, asked.Reason, asked.Category));
        Assert.Equal(new RequiredSkill("billing", 2), Assert.Single(asked.RequiredSkills));
    }

    [Fact]
    public async Task Assistant_is_silent_when_the_hand_over_came_while_it_was_looking()
    {
        var pause = new TaskCompletionSource();
        platform.Knowledge.Pause = pause.Task;
        var customer = await platform.OpenAsync();
        await customer.SayAsync("What is on my bill?");
        await UntilAsync(() => Task.FromResult(platform.Knowledge.Asked.Any(asked => asked.Question == "What is on my bill?")));
        var asking = customer.RequestExpertAsync();
        await UntilAsync(async () => (await customer.GetAsync()).State == State.WithExpert);
        pause.SetResult();
        platform.Knowledge.Pause = Task.CompletedTask;
        await asking;
        // Events of a conversation come in order: once this one is through, the assistant's turn is over.
        await customer.SayAsync("Are you there? My bill!");
        await UntilAsync(() => Task.FromResult(platform.Published<CustomerMessageReceived>(customer.Id).Count == 2));
        var second = platform.Published<CustomerMessageReceived>(customer.Id)[1];
        Assert.NotNull(second.TicketId);
        Assert.DoesNotContain(await customer.ReadAsync(), message => message.Author == Author.Assistant);
        Assert.Empty(platform.Published<AssistantReplied>(customer.Id));
    }

    [Fact]
    public async Task Event_that_does_not_tell_the_language_is_answered_in_that_of_its_conversation()
    {
        var customer = await platform.OpenAsync("fr");
        await platform.DeliverAsync(new CustomerMessageReceived(customer.Guid, Guid.CreateVersion7(), 1, "An old bill?", null, DateTimeOffset.UtcNow));
        Assert.Equal(Author.Assistant, (await customer.NextAsync(0)).Author);
        Assert.Equal("fr", Assert.Single(platform.Knowledge.Asked, asked => asked.Question == "An old bill?").Locale);
    }

    [Fact]
    public async Task Knowledge_that_was_away_answers_when_it_is_back()
    {
        platform.Knowledge.Away = true;
        try
        {
            var customer = await platform.OpenAsync();
            await customer.SayAsync("Where is my bill?");
            await UntilAsync(() => Task.FromResult(platform.Knowledge.Asked.Count(asked => asked.Question == "Where is my bill?") >= 2));
            Assert.Single(await customer.ReadAsync());
            platform.Knowledge.Away = false;
            Assert.Single((await customer.NextAsync(1)).Citations);
        }
        finally
        {
            platform.Knowledge.Away = false;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var waited = 0; waited < 10_000; waited += 10)
        {
            if (await condition())
                return;
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Fail("Not within 10 s.");
    }
}

/// <summary>The assistant when the knowledge base stays away.</summary>
public sealed class AssistantWithoutKnowledgeTests : IAsyncLifetime
{
    private readonly ChatPlatform platform = new("Sqlite") { Settings = { ["Channels:SearchPatience"] = "00:00:00", ["Channels:RefusalsBeforeHandOver"] = "0" } };

    public ValueTask InitializeAsync() => platform.InitializeAsync();

    public ValueTask DisposeAsync() => platform.DisposeAsync();

    [Fact]
    public async Task Assistant_says_that_it_cannot_look_and_offers_a_person()
    {
        platform.Knowledge.Away = true;
        var customer = await platform.OpenAsync();
        for (var count = 0; count < 3; count++)
        {
            var answer = await customer.AskAsync("Explain my bill");
            Assert.Contains("at the moment", answer.Text, StringComparison.Ordinal);
            Assert.Equal([Action.AskAgain, Action.RequestExpert], answer.Choices.Select(choice => choice.Action));
        }

        Assert.Equal(State.SelfCare, (await customer.GetAsync()).State);
    }
}

public sealed class AssistantOnSqlite(ChatOnSqlite platform) : AssistantTests(platform), IClassFixture<ChatOnSqlite>;

public sealed class AssistantOnPostgres(ChatOnPostgres platform) : AssistantTests(platform), IClassFixture<ChatOnPostgres>;
