using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Domain;

/// <summary>Priorities and the minutes of waiting that each is worth (the scale of Genesys' priority minutes).</summary>
internal enum Priority
{
    Low = 1,
    Normal = 2,
    High = 3,
    Urgent = 4,
}

/// <summary>How much a customer's time counts.</summary>
internal enum CustomerTier
{
    Standard = 1,
    Gold = 2,
    Vip = 3,
}

/// <summary>A skill that a matter needs.</summary>
/// <param name="MinimumLevel">1 to 5; waiting may lower it.</param>
/// <param name="NeverDrop">Stays required, at level 1 at least, however long the item waits.</param>
internal sealed record SkillRequirement(string Skill, int MinimumLevel, bool NeverDrop);

/// <summary>Where an item is between being opened and being closed.</summary>
internal enum ItemState
{
    Waiting = 1,
    Offered = 2,
    Assigned = 3,
    Closed = 4,
}

/// <summary>What is asked for; does not change while the item lives.</summary>
/// <param name="Id">The ticket.</param>
/// <param name="Language">A BCP 47 tag; empty when any language does.</param>
/// <param name="Weight">What it takes of an expert's capacity.</param>
/// <param name="QueuedSince">The original age: kept through every offer and reopening.</param>
internal sealed record WorkRequest(
    Guid Id, string Number, string Subject, string Channel, string Language, Priority Priority, Capacity Weight,
    IReadOnlyList<SkillRequirement> Skills, DateTimeOffset QueuedSince)
{
    public CustomerTier Tier { get; init; } = CustomerTier.Standard;

    /// <summary>The routing group whose policy it follows.</summary>
    public string Group { get; init; } = PolicyDefinition.DefaultGroup;

    /// <summary>What the matter itself asks for, where <see cref="Skills"/> is what that and the policy amount to; else null.</summary>
    public IReadOnlyList<SkillRequirement>? Asked { get; init; }

    /// <summary>The trace of the matter (W3C traceparent), in which its offers are told; null where it has none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Within what time its group wants it taken; null where only its due time counts.</summary>
    public TimeSpan? ServiceTarget { get; init; }

    /// <summary>By how much it counts as older than it is.</summary>
    public TimeSpan HeadStart { get; init; }

    /// <summary>Since when it waits, with its head start: what comes first of equals.</summary>
    public DateTimeOffset AgedSince => QueuedSince - HeadStart;
}

/// <summary>A matter that waits for, is offered to, or is in the hands of one expert.</summary>
/// <param name="waitingSince">
/// Since when it waits this time: the original age, or the reopening. Relaxation counts from here, so that a matter
/// reopened after days first looks for someone fully qualified again.
/// </param>
internal sealed class WorkItem(WorkRequest request, DateTimeOffset dueAt, DateTimeOffset waitingSince)
{
    // Most items never need them.
    private HashSet<Guid>? _declinedBy;
    private Dictionary<Guid, int>? _missedBy;

    public Guid Id => Request.Id;

    public WorkRequest Request { get; } = request;

    /// <summary>When the first answer is due.</summary>
    public DateTimeOffset DueAt { get; private set; } = dueAt;

    public DateTimeOffset WaitingSince { get; private set; } = waitingSince;

    /// <summary>
    /// When it was opened, or reopened, which names whom it prefers. Closed hours take the moment of the reopening with them,
    /// and their end stands in for it.
    /// </summary>
    public DateTimeOffset BegunAt => PreferredExpert is null ? Request.QueuedSince : WaitingSince;

    /// <summary>
    /// How long the first answer may take: from the opening or the reopening to the due time. Where that passed before closed
    /// hours ended, from the opening.
    /// </summary>
    public TimeSpan Promise => DueAt - (DueAt > BegunAt ? BegunAt : Request.QueuedSince);

    /// <summary>Until when it is taken in time: its due time, or the end of its service target where that is sooner.</summary>
    public DateTimeOffset TargetAt => Request.ServiceTarget is { } target && BegunAt + target < DueAt ? BegunAt + target : DueAt;

    /// <summary>Who should have it when they may: the expert who had it before a reopening.</summary>
    public Guid? PreferredExpert { get; init; }

    /// <summary>Who refused it, before a reopening too; they are not offered it again, or not yet.</summary>
    public HashSet<Guid> DeclinedBy
    {
        get => _declinedBy ??= [];
        init => _declinedBy = value;
    }

    /// <summary>
    /// Whose offers of it came to nothing since its opening or reopening, because they declined or let them expire, and how
    /// often; they come last for it.
    /// </summary>
    public Dictionary<Guid, int> MissedBy
    {
        get => _missedBy ??= [];
        init => _missedBy = value;
    }

    /// <summary>Whether anybody refused it or let an offer of it expire.</summary>
    public bool IsRefused => _declinedBy is { Count: > 0 } || _missedBy is { Count: > 0 };

    public ItemState State { get; private set; } = ItemState.Waiting;

    /// <summary>Who holds it while it is offered or assigned.</summary>
    public Guid? Holder { get; private set; }

    /// <summary>Relaxation steps that have been taken.</summary>
    public int RelaxedSteps { get; set; }

    /// <summary>Offers of it that came to nothing by somebody's doing, since its opening or reopening.</summary>
    public int FruitlessOffers => _missedBy?.Values.Sum() ?? 0;

    /// <summary>Begins to wait anew, after a time in which nobody could be offered it, and asks for everything again.</summary>
    public void WaitFrom(DateTimeOffset now) => (WaitingSince, RelaxedSteps) = (now, 0);

    public void Offer(Guid expert) => (State, Holder) = (ItemState.Offered, expert);

    public void Assign(Guid expert) => (State, Holder) = (ItemState.Assigned, expert);

    public void Wait() => (State, Holder) = (ItemState.Waiting, null);

    public void Close() => (State, Holder) = (ItemState.Closed, null);
}

internal enum OfferState
{
    Offered = 1,
    Accepted = 2,
    Declined = 3,
    Expired = 4,
    Rescinded = 5,
}

/// <summary>A question to one expert whether they take an item, which reserves their capacity until it is answered.</summary>
internal sealed record Offer(Guid Id, Guid ItemId, Guid ExpertId, DateTimeOffset OfferedAt, DateTimeOffset ExpiresAt);
