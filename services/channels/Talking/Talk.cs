using System.Diagnostics;
using Google.Protobuf;
using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Messaging;

namespace Relais.Channels.Talking;

/// <summary>
/// Says things in conversations: within a unit of work of the caller's own, or together with others where nothing but the
/// conversation has to be read for it.
/// </summary>
internal sealed class Talk(ChannelsDb db, UnitOfWork<ChannelsDb> unit, TalkGroups groups, ChannelCatalogue channels) : TalkTurn(channels)
{
    /// <summary>What a caller says, once for each request id, as <see cref="UnitOfWork{TDb}.OnceAsync"/> has it.</summary>
    /// <param name="say">It changes nothing when it ends in a failure, may run again, and does no I/O.</param>
    public async Task<Outcome<TResponse>> OnceAsync<TResponse>(
        Guid conversationId, string requestId, IMessage request, Func<Conversation, TalkTurn, Outcome<TResponse>> say, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>, new()
    {
        Outcome<TResponse> together = ConversationFailures.NotFound;
        var saying = new Saying(conversationId, (conversation, turn) =>
        {
            together = say(conversation, turn);
            return together.Failure is null;
        })
        {
            Request = requestId.Length == 0 ? null : (unit.Subject, requestId),
            Answer = () => unit.AnswerOf(requestId, request, together.Value),
        };
        if (await groups.RunAsync(db.TenantId!, saying, cancellationToken))
            return together;
        return await unit.OnceAsync(requestId, request, async ct =>
            await db.FindAsync(conversationId, ct) is { } conversation ? say(conversation, this) : ConversationFailures.NotFound, cancellationToken);
    }

    /// <summary>What comes of an event, for a consumer that can also say it alone.</summary>
    /// <param name="dealtWith">The consumer's note, saved with it.</param>
    /// <param name="say">Whether it could be said; if not, it has changed nothing. It may run and nothing come of it, and does no I/O.</param>
    /// <returns>Whether it is done; if not, nothing of it is.</returns>
    public Task<bool> TogetherAsync(Guid conversationId, InboxEntry dealtWith, Func<Conversation, TalkTurn, bool> say, CancellationToken cancellationToken) =>
        groups.RunAsync(db.TenantId!, new Saying(conversationId, say) { Delivery = dealtWith }, cancellationToken);

    public override void AfterCommit(Action action) => unit.AfterCommit(action);

    protected override Activity? Cause => Activity.Current;

    protected override void Keep(Message message) => db.Messages.Add(message);

    protected override void Publish<TEvent>(TEvent @event, DateTimeOffset at, string? matter) => db.Publish(@event, at, matter);
}
