using Relais.Channels.Domain;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Common.Requests;

namespace Relais.Channels.Talking;

/// <summary>Something to be said that can share its transaction with others. It reads nothing but the conversation.</summary>
/// <param name="say">Whether it could be said; if not, it has changed nothing. It may be asked and nothing come of it.</param>
internal sealed class Saying(Guid conversationId, Func<Conversation, TalkTurn, bool> say) : GroupMember
{
    public Guid ConversationId => conversationId;

    /// <summary>The caller's request that it answers: one that was answered before gets that answer instead.</summary>
    public (string Subject, string Id)? Request { get; init; }

    /// <summary>The answer to the request, once it was said; saved with it.</summary>
    public Func<AnsweredRequest?>? Answer { get; init; }

    /// <summary>The event that it comes from: one that was dealt with is passed over.</summary>
    public InboxEntry? Delivery { get; init; }

    /// <summary>Whether repeating it finds out that it was said before.</summary>
    public bool CanFindOut => Request is not null || Delivery is not null;

    public bool Say(Conversation conversation, TalkTurn turn) => say(conversation, turn);
}
