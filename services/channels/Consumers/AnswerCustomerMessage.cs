using Grpc.Core;
using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Features;
using Relais.Channels.Talking;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;
using Relais.Contracts.Knowledge.V1;
using Citation = Relais.Channels.Domain.Assistant.Citation;

namespace Relais.Channels.Consumers;

/// <summary>
/// The assistant's turn: it answers from the knowledge base, says that it does not know, or hands over. It is silent once a
/// person owns the conversation, also when that happened while it was looking.
/// </summary>
internal sealed class AnswerCustomerMessage(
    Inbox inbox, ChannelsDb db, Talk talk, HandOver handOver, Knowledge.KnowledgeClient knowledge, ChannelCatalogue channels,
    ChannelsOptions options, TimeProvider clock) : EventConsumer<CustomerMessageReceived>(inbox)
{
    // A question is in its first words; the rest of a long text would only slow the search down.
    private const int LongestQuestion = 1_000;

    protected override async Task HandleAsync(CustomerMessageReceived @event, CancellationToken cancellationToken)
    {
        if (@event.TicketId is not null)
            return;
        var locale = @event.Locale.Length > 0 ? @event.Locale : await db.LocaleOfAsync(@event.ConversationId, cancellationToken);
        var remark = Listener.Hear(@event.Text);
        var composer = new Composer(Phrases.For(locale), channels.ReachingExperts);
        switch (remark)
        {
            case Remark.WantsPerson:
                await HandOverAsync(@event, HandOverCause.Customer, cancellationToken);
                break;
            case Remark.Sensitive:
                await HandOverAsync(@event, HandOverCause.SensitiveTopic, cancellationToken);
                break;
            case Remark.Angry:
                await HandOverAsync(@event, HandOverCause.AngryCustomer, cancellationToken);
                break;
            case Remark.Greeting or Remark.Thanks or Remark.Goodbye or Remark.Acknowledgement:
                await SayAsync(@event, composer.SmallTalk(remark), cancellationToken);
                break;
            case Remark.Question:
                await SayAsync(@event, await LookUpAsync(@event, locale, composer, cancellationToken), cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"Nothing is said to {remark}.");
        }
    }

    private Task HandOverAsync(CustomerMessageReceived @event, string cause, CancellationToken cancellationToken) => OnceAsync(async ct =>
    {
        var conversation = await db.GetAsync(@event.ConversationId, ct);
        if (conversation.State == ConversationState.SelfCare)
            await handOver.RunAsync(conversation, cause, Excerpt.Of(@event.Text, RequestExpert.LongestReason), "", clock.Now(), ct);
    }, cancellationToken);

    private async Task SayAsync(CustomerMessageReceived @event, Reply reply, CancellationToken cancellationToken)
    {
        var most = options.RefusalsBeforeHandOver;
        var isSaid = await talk.TogetherAsync(@event.ConversationId, DealtWith(clock.GetUtcNow()), (conversation, turn) =>
        {
            // Handing over reads what was said before.
            if (conversation.IsOneTooMany(reply, most))
                return false;
            Say(@event, reply, conversation, turn);
            return true;
        }, cancellationToken);
        if (isSaid)
            return;
        await OnceAsync(async ct =>
        {
            var conversation = await db.GetAsync(@event.ConversationId, ct);
            var isOneTooMany = conversation.IsOneTooMany(reply, most);
            Say(@event, reply, conversation, talk);
            if (isOneTooMany)
                await handOver.RunAsync(conversation, HandOverCause.RepeatedFailure, "", "", clock.Now(), ct);
        }, cancellationToken);
    }

    private void Say(CustomerMessageReceived @event, Reply reply, Conversation conversation, TalkTurn turn)
    {
        var now = clock.Now();
        if (conversation.AssistantSays(reply, now) is not { } message)
            return;
        turn.Add(conversation, message);
        turn.AfterCommit(() => ChannelsTelemetry.Replied(clock.GetUtcNow() - @event.At));
        if (reply.Attempt is not { } attempt)
            return;
        turn.Publish(conversation, new AssistantReplied(
            conversation.Id, message.Id, attempt.Answered, attempt.Confidence, @event.Text,
            [.. attempt.Citations.Select(citation => citation.ToEvent())], now), now);
    }

    private async Task<Reply> LookUpAsync(CustomerMessageReceived @event, string locale, Composer composer, CancellationToken cancellationToken)
    {
        try
        {
            var found = await knowledge.AskAsync(
                new AskRequest { Question = Excerpt.Of(@event.Text, LongestQuestion), Locale = locale },
                deadline: clock.GetUtcNow().Add(options.SearchDeadline).UtcDateTime,
                cancellationToken: cancellationToken);
            return composer.Answer(@event.Sequence, Translate(found));
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.InvalidArgument)
        {
            // Nothing that can be looked up: repeating the same question would not make it one.
            return composer.Answer(@event.Sequence, Finding.Nothing);
        }
        catch (RpcException) when (clock.GetUtcNow() - @event.At >= options.SearchPatience && !cancellationToken.IsCancellationRequested)
        {
            // Until then the event is delivered again; now the customer should hear something.
            return composer.Unavailable(@event.Sequence);
        }
    }

    private static Finding Translate(AskResponse found) => new(found.Answered, [.. found.Answers.Select(answer => new FoundArticle(
        new Citation(Guid.Parse(answer.ArticleId), answer.Version, answer.Title, answer.Confidence, answer.Snippet),
        answer.Category,
        [.. answer.RequiredSkills.Select(skill => new RequiredSkill(skill.Skill, skill.MinimumLevel))]))]);
}
