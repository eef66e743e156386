using Relais.Channels.Domain;
using static Relais.Unit.Channels.Domain.Conversations;

namespace Relais.Unit.Channels.Domain;

public sealed class ConversationTests
{
    [Fact]
    public void Messages_of_whoever_speaks_have_sequences_without_gaps()
    {
        var conversation = Open();
        int[] sequences =
        [
            conversation.CustomerSays("one", Noon).Value.Sequence,
            conversation.AssistantSays(Answer(), Noon)!.Sequence,
            conversation.SystemSays("three", Noon).Sequence,
            conversation.ExpertSays(Guid.NewGuid(), "Inès", "four", Noon).Sequence,
            conversation.CustomerSays("five", Noon).Value.Sequence,
        ];
        Assert.Equal([1, 2, 3, 4, 5], sequences);
        Assert.Equal(5, conversation.LastSequence);
    }

    [Fact]
    public void Message_to_a_closed_conversation_is_refused_and_takes_no_sequence()
    {
        var conversation = Open();
        conversation.ConfirmSolved(Noon);
        Assert.Equal("conversation.closed", conversation.CustomerSays("again", Noon).Failure?.Code);
        Assert.Equal(0, conversation.LastSequence);
    }

    [Fact]
    public void Assistant_after_the_hand_over_is_silent()
    {
        var conversation = Open();
        conversation.CustomerSays("help", Noon);
        conversation.HandOver(Guid.NewGuid());
        Assert.Null(conversation.AssistantSays(Answer(), Noon));
        Assert.Equal(1, conversation.LastSequence);
    }

    [Fact]
    public void Assistant_in_a_closed_or_resolved_conversation_is_silent()
    {
        var closed = Open();
        closed.ConfirmSolved(Noon);
        Assert.Null(closed.AssistantSays(Answer(), Noon));
        var resolved = WithExpert();
        resolved.TicketResolved();
        Assert.Null(resolved.AssistantSays(Answer(), Noon));
    }

    [Fact]
    public void Message_in_a_resolved_conversation_brings_the_expert_back()
    {
        var conversation = WithExpert();
        conversation.TicketResolved();
        Assert.Null(conversation.CustomerSays("it is back", Noon).Failure);
        Assert.Equal(ConversationState.WithExpert, conversation.State);
    }

    [Fact]
    public void Refusals_in_a_row_count_until_an_answer_and_small_talk_does_not_matter()
    {
        var conversation = Open();
        conversation.AssistantSays(Refusal(), Noon);
        conversation.AssistantSays(SmallTalk(), Noon);
        Assert.Equal(1, conversation.RefusalsInARow);
        conversation.AssistantSays(Refusal(), Noon);
        Assert.Equal(2, conversation.RefusalsInARow);
        conversation.AssistantSays(Answer(), Noon);
        Assert.Equal(0, conversation.RefusalsInARow);
    }

    [Fact]
    public void HandOver_twice_is_a_mistake_of_the_caller()
    {
        var conversation = WithExpert();
        Assert.Throws<InvalidOperationException>(() => conversation.HandOver(Guid.NewGuid()));
    }

    [Fact]
    public void ConfirmSolved_in_self_care_closes_and_is_news_once()
    {
        var conversation = Open();
        Assert.True(conversation.ConfirmSolved(Noon));
        Assert.Equal(ConversationState.Closed, conversation.State);
        Assert.False(conversation.ConfirmSolved(Noon));
    }

    [Fact]
    public void ConfirmSolved_with_an_expert_leaves_the_conversation_open_and_is_news_again_after_another_message()
    {
        var conversation = WithExpert();
        Assert.True(conversation.ConfirmSolved(Noon));
        Assert.Equal(ConversationState.WithExpert, conversation.State);
        Assert.False(conversation.ConfirmSolved(Noon));
        conversation.CustomerSays("no, it is back", Noon);
        Assert.True(conversation.ConfirmSolved(Noon));
    }

    [Fact]
    public void ConfirmSolved_once_resolved_is_no_news()
    {
        var conversation = WithExpert();
        conversation.TicketResolved();
        Assert.False(conversation.ConfirmSolved(Noon));
        Assert.Equal(ConversationState.Resolved, conversation.State);
    }

    [Fact]
    public void Reopened_ticket_gives_the_conversation_back_to_the_expert()
    {
        var conversation = WithExpert();
        conversation.TicketResolved();
        conversation.TicketReopened();
        Assert.Equal(ConversationState.WithExpert, conversation.State);
    }

    [Theory]
    [InlineData("abc", 5, "abc")]
    [InlineData("abcdef", 5, "abcde")]
    [InlineData("abcd😀", 5, "abcd")]
    public void Excerpt_never_ends_in_half_a_character(string text, int longest, string expected) => Assert.Equal(expected, Excerpt.Of(text, longest));
}
