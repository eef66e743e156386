using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Common.Requests;
using Relais.Routing.Domain;

namespace Relais.Routing.Shards;

/// <summary>An input that can share its transaction with others. It reads nothing but the engine.</summary>
/// <param name="decide">
/// What it comes to, in the engine as those before it left it; null when it is not that simple. It may be asked and
/// nothing come of it.
/// </param>
internal sealed class GroupedInput(Func<GroupView, GroupStep?> decide) : GroupMember
{
    /// <summary>The event that it comes from: one that was dealt with is passed over.</summary>
    public InboxEntry? Delivery { get; init; }

    /// <summary>The ticket that it opens: one that is known is passed over.</summary>
    public Guid? Opens { get; init; }

    public GroupStep? Decide(GroupView view) => decide(view);
}

/// <summary>The engine, and why its live offers were made.</summary>
internal sealed record GroupView(MatchingEngine Engine, IReadOnlyDictionary<Guid, Decision> Decisions, DateTimeOffset Now);

internal sealed record GroupStep(Input Input)
{
    /// <summary>Saved with it: the request is answered.</summary>
    public AnsweredRequest? Answered { get; init; }

    /// <summary>Saved with it: who has a ticket, as tickets tells.</summary>
    public (Guid Item, Guid Expert)? Assigned { get; init; }

    /// <summary>Raised once it is committed.</summary>
    public string? Topic { get; init; }
}
