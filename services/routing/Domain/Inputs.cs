namespace Relais.Routing.Domain;

/// <summary>Something that happened to which the engine reacts. A log of inputs replays to the same decisions.</summary>
internal abstract record Input(DateTimeOffset At)
{
    /// <summary>Time passed: offers may have expired, waits may have relaxed, shifts may have begun.</summary>
    internal sealed record TimePassed(DateTimeOffset At) : Input(At);

    /// <summary>An expert is new or has another profile. A new expert is offline.</summary>
    internal sealed record ProfileSet(DateTimeOffset At, ExpertProfile Profile) : Input(At);

    internal sealed record PresenceSet(DateTimeOffset At, Guid ExpertId, Presence Presence, string Reason = "") : Input(At);

    /// <summary>A matter waits for an expert. One that is known already is passed over.</summary>
    internal sealed record Opened(DateTimeOffset At, WorkItem Item) : Input(At);

    /// <summary>A closed matter waits again. One that is open already is passed over.</summary>
    internal sealed record Reopened(DateTimeOffset At, WorkItem Item) : Input(At);

    internal sealed record Accepted(DateTimeOffset At, Guid OfferId, Guid ExpertId) : Input(At);

    internal sealed record Declined(DateTimeOffset At, Guid OfferId, Guid ExpertId, string Reason) : Input(At);

    /// <summary>Somebody has the ticket: as a rule who accepted it; otherwise that expert's is settled and any offer goes.</summary>
    internal sealed record Assigned(DateTimeOffset At, Guid ItemId, Guid ExpertId) : Input(At);

    /// <summary>Somebody in charge gives a matter to an expert, whatever skills, hours and capacity say.</summary>
    /// <param name="Trigger"><see cref="Domain.Trigger.Forced"/> or <see cref="Domain.Trigger.Pulled"/>.</param>
    internal sealed record Forced(DateTimeOffset At, Guid ItemId, Guid ExpertId, string Trigger) : Input(At);

    /// <summary>The matter is settled, wherever it was.</summary>
    internal sealed record Resolved(DateTimeOffset At, Guid ItemId) : Input(At);
}

/// <summary>What an input changed, in order; to be made durable before anything is answered.</summary>
internal abstract record Change
{
    internal sealed record ProfileChanged(Expert Expert) : Change;

    /// <summary>Presence, load, misses: what changes at work.</summary>
    internal sealed record ExpertChanged(Expert Expert) : Change;

    internal sealed record ItemChanged(WorkItem Item) : Change;

    internal sealed record OfferMade(Offer Offer, WorkItem Item, Decision Decision) : Change;

    /// <param name="Reason">Of a decline, in the expert's words; of a rescission, a code: <c>presence</c>, <c>resolved</c>,
    /// <c>taken</c>, <c>profile</c>, <c>capacity</c>.</param>
    internal sealed record OfferSettled(Offer Offer, OfferState State, string Reason, DateTimeOffset At) : Change;

    /// <summary>Nobody could take the item; the decision says why.</summary>
    internal sealed record Waits(WorkItem Item, Decision Decision) : Change;
}

internal enum Refusal
{
    None,
    /// <summary>The offer is over, or never was.</summary>
    OfferNotLive,
    OfferNotYours,
    ExpertUnknown,
    /// <summary>The matter is closed, or never was.</summary>
    ItemUnknown,
}

/// <param name="At">When its input happened.</param>
internal sealed record Reaction(Refusal Refusal, IReadOnlyList<Change> Changes, DateTimeOffset At);
