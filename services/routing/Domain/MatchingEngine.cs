using Relais.Routing.Domain.Matching;

namespace Relais.Routing.Domain;

/// <summary>
/// Decides which work goes to whom, for one tenant. A pure state machine: an input and the state give changes, time comes
/// with the input, and the same inputs give the same changes. One writer at a time; whoever calls it sees to that.
/// </summary>
/// <remarks>
/// Holds after every input: an item is with one expert at most; offered and accepted work fits the expert's capacity and
/// ceilings (accepted work stays when they are lowered, or when tickets assigns beyond them); no expert whom a waiting item
/// accepts is left beside it. What an item accepts, and who is best, is the policy's <see cref="RoutingPolicy.Rule"/>.
/// </remarks>
/// <param name="newId">Identifiers of offers and decisions, given the time.</param>
/// <param name="idleShare">Of the engine whose place this one takes; null when there was none.</param>
internal sealed partial class MatchingEngine
{
    private readonly RoutingPolicy _policy;
    private readonly Func<DateTimeOffset, Guid> _newId;
    private readonly ExpertIndex _experts;
    private readonly ExpertSearch _search;
    private readonly WaitingIndex _waiting;
    private readonly Explanations _explanations;
    private readonly TimerWheel _alarms = new();
    private readonly Dictionary<Guid, OpenItem> _items = [];
    private readonly Dictionary<Guid, LiveOffer> _offers = [];
    private readonly List<Change> _changes = [];
    private readonly List<OpenItem> _toPlace = [];
    private readonly List<ExpertEntry> _freed = [];
    private readonly List<ExpertEntry> _moved = [];
    private readonly List<ExpertEntry> _stirred = [];
    private bool _allMoved;
    private DateTimeOffset _now = DateTimeOffset.MinValue;
    private int _turn;

    public MatchingEngine(RoutingPolicy policy, Func<DateTimeOffset, Guid> newId, IdleShare? idleShare = null)
    {
        (_policy, _newId) = (policy, newId);
        _experts = new ExpertIndex(policy.Rule, idleShare ?? new IdleShare());
        _search = new ExpertSearch(_experts);
        _waiting = new WaitingIndex(policy, _experts, _search);
        _explanations = new Explanations(policy, _experts, _search, _waiting);
    }

    public RoutingPolicy Policy => _policy;

    /// <summary>In order of their ids.</summary>
    public IReadOnlyCollection<Expert> Experts => [.. _experts.Entries.Select(entry => entry.Expert).OrderBy(expert => expert.Id)];

    public IReadOnlyCollection<WorkItem> OpenItems => [.. _items.Values.Select(open => open.Item)];

    public IReadOnlyCollection<Offer> LiveOffers => [.. _offers.Values.Select(live => live.Offer)];

    public int WaitingCount => _waiting.Count;

    /// <summary>Experts who are there with nothing in hand.</summary>
    public int IdleCount => _experts.IdleCount;

    public Expert? FindExpert(Guid id) => _experts.Find(id)?.Expert;

    public WorkItem? FindItem(Guid id) => _items.GetValueOrDefault(id)?.Item;

    public Offer? FindOffer(Guid id) => _offers.GetValueOrDefault(id)?.Offer;

    /// <summary>When time alone will change something, after <see cref="Apply"/>; null for never.</summary>
    public DateTimeOffset? NextDue() => _alarms.Earliest() is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>
    /// Takes over what an earlier engine left: experts with nothing in hand, open items with their holders, live offers.
    /// Offers that expired meanwhile are settled without counting as missed, since nobody could have answered; the
    /// others stay live until their time. Then waiting work is placed.
    /// </summary>
    /// <param name="place">False for an engine that is only asked: what waits goes on to wait, and who declined it is known.</param>
    public Reaction Restore(IEnumerable<Expert> experts, IEnumerable<WorkItem> items, IEnumerable<Offer> offers, DateTimeOffset now, bool place = true)
    {
        Begin(now);
        foreach (var expert in experts.OrderBy(expert => expert.TurnSince ?? expert.IdleSince ?? expert.PresenceSince).ThenBy(expert => expert.Id))
        {
            var entry = new ExpertEntry(expert);
            _experts.Add(entry, _now);
            ArmHours(entry);
            Freed(entry, Trigger.Restarted);
        }

        foreach (var item in items)
        {
            var open = Keep(item);
            if (!place) open.AsksAgainAt = null;
            if (item.Holder is not { } holder || _experts.Find(holder) is not { } entry) continue;
            open.Holder = entry;
            entry.Expert.Hold(item.Request);
            _experts.TakeLoad(entry);
        }

        // Before anything is placed: how much is idle decides what is held.
        _experts.TakeTime(_now);
        foreach (var open in _items.Values.Where(open => open.Item.State == ItemState.Waiting))
        {
            open.IsParked = true; // Until Enqueue finds otherwise: that it was parked is on record.
            var policy = _policy.For(open.Item);
            // No alarm rings for these.
            if (policy.ResumedAt(open.Item, _now) is { } resumed)
            {
                open.Item.WaitFrom(resumed);
                Changed(open);
            }

            if (policy.IsExhausted(open.Item) || policy.OverflowsAt(_now)) TakeSteps(open.Item);
            Enqueue(open);
        }

        foreach (var offer in offers)
            if (_items.GetValueOrDefault(offer.ItemId) is { } open && _experts.Find(offer.ExpertId) is { } entry) Keep(new LiveOffer(offer, open, entry));
        foreach (var alarm in _alarms.Advance(_now.UtcTicks).ToList())
        {
            if (alarm is LiveOffer expired) Requeue(Settle(expired, OfferState.Expired, ""), Trigger.Expired);
            else Ring(alarm);
        }

        if (place) Place();
        return Done();
    }

    public Reaction Apply(Input input)
    {
        Begin(input.At);
        Advance();
        var refusal = input switch
        {
            Input.TimePassed => Refusal.None,
            Input.ProfileSet set => SetProfile(set.Profile),
            Input.PresenceSet set => SetPresence(set.ExpertId, set.Presence, set.Reason),
            Input.Opened opened => Open(opened.Item, Trigger.Opened),
            Input.Reopened reopened => Open(reopened.Item, Trigger.Reopened),
            Input.Accepted accepted => Accept(accepted.OfferId, accepted.ExpertId),
            Input.Declined declined => Decline(declined),
            Input.Assigned assigned => Assign(assigned.ItemId, assigned.ExpertId),
            Input.Forced forced => Force(forced.ItemId, forced.ExpertId, forced.Trigger),
            Input.Resolved resolved => Resolve(resolved.ItemId),
            _ => throw new ArgumentOutOfRangeException(nameof(input), input, null),
        };
        Place();
        return Done(refusal);
    }

    private void Begin(DateTimeOffset at)
    {
        // A clock that is set back must not revive what has expired.
        if (at > _now) _now = at;
        _turn++;
        _changes.Clear();
    }

    private Reaction Done(Refusal refusal = Refusal.None)
    {
        if (_experts.TakeTime(_now))
        {
            _allMoved = true;
            Place();
        }

        return new Reaction(refusal, [.. _changes], _now);
    }

    private void Advance()
    {
        var rung = _alarms.Advance(_now.UtcTicks);
        if (rung.Count == 0) return;
        // Shifts first, so that work of an expired offer finds who has just come.
        foreach (var alarm in rung)
            if (alarm is ExpertEntry) Ring(alarm);
        foreach (var alarm in rung)
            if (alarm is LiveOffer) Ring(alarm);
        foreach (var alarm in rung)
            if (alarm is OpenItem) Ring(alarm);
        Place();
    }

    private void Ring(Alarm alarm)
    {
        switch (alarm)
        {
            case ExpertEntry entry:
                var wasThere = entry.IsThere;
                TakePresence(entry);
                if (entry.Expert.TakeTime(_now)) TakeProfile(entry);
                if (!wasThere && entry.IsThere) Freed(entry, Trigger.Hours);
                break;
            case LiveOffer live:
                Expire(live);
                break;
            case OpenItem open:
                EnterPhase(open);
                break;
        }
    }

    private void Expire(LiveOffer live)
    {
        // Setting the expert away for an earlier miss may have taken it back already.
        if (live.Item.Offer != live) return;
        var (open, entry) = (Settle(live, OfferState.Expired, ""), live.Expert);
        var expert = entry.Expert;
        open.Item.MissedBy[expert.Id] = open.Item.MissedBy.GetValueOrDefault(expert.Id) + 1;
        Requeue(open, Trigger.Expired);
        expert.Missed();
        var misses = _policy.For(open.Item).MissesUntilAway;
        if (misses > 0 && expert.MissesInRow >= misses && expert.Presence == Presence.Available)
            Leave(entry, Presence.Away);
        Changed(entry);
    }

    /// <summary>A wait is so long that the item asks for less, or accepts others.</summary>
    private void EnterPhase(OpenItem open)
    {
        if (open.IsParked)
        {
            open.Item.WaitFrom(_now);
            Requeue(open, Trigger.Resumed);
            return;
        }

        if (open.Bucket is not { } before) return;
        var steps = open.Item.RelaxedSteps;
        var relaxed = TakeSteps(open.Item) && _policy.For(open.Item).Relaxation.Lowers(open.Item, steps, open.Item.RelaxedSteps);
        if (open.Item.RelaxedSteps != steps) Changed(open);
        var asksAgain = open.AsksAgainAt <= _now;
        _waiting.Remove(open);
        Enqueue(open);
        if (relaxed) ToPlace(open, Trigger.Relaxed);
        else if (open.Bucket != before || open.Item.PreferredExpert is not null || asksAgain) ToPlace(open, Trigger.Phase);
    }

    private bool TakeSteps(WorkItem item)
    {
        var policy = _policy.For(item);
        var steps = policy.OverflowsAt(_now) || policy.IsExhausted(item) ? policy.Relaxation.Count : policy.Relaxation.StepsAfter(_now - item.WaitingSince);
        if (steps <= item.RelaxedSteps) return false;
        item.RelaxedSteps = steps;
        return true;
    }

    private Refusal SetProfile(ExpertProfile profile)
    {
        if (_experts.Find(profile.Id) is not { } entry)
        {
            entry = new ExpertEntry(new Expert(profile, Presence.Offline, _now));
            _experts.Add(entry, _now);
            ArmHours(entry);
            _moved.Add(entry);
            _changes.Add(new Change.ProfileChanged(entry.Expert));
            return Refusal.None;
        }

        var expert = entry.Expert;
        expert.SetProfile(profile);
        TakeProfile(entry);
        if (!profile.Active)
        {
            if (expert.Presence != Presence.Offline) Leave(entry, Presence.Offline);
            return Refusal.None;
        }

        Freed(entry, Trigger.Profile);
        return Refusal.None;
    }

    /// <summary>The expert has another profile, or a certificate ended: offers that no longer fit go on.</summary>
    private void TakeProfile(ExpertEntry entry)
    {
        var expert = entry.Expert;
        _experts.TakeProfile(entry, _now);
        ArmHours(entry);
        _moved.Add(entry);
        _allMoved = true;
        _changes.Add(new Change.ProfileChanged(expert));
        if (!expert.Profile.Active) return;
        foreach (var live in OffersTo(entry))
        {
            var fits = expert.IsWithinLimits(live.Item.Item.Request.Channel) && !_explanations.Eligibility.FallsShort(live.Item.Item, expert);
            if (!fits) Rescind(live, "profile");
        }
    }

    private Refusal SetPresence(Guid id, Presence presence, string reason)
    {
        if (_experts.Find(id) is not { Expert: { Profile.Active: true } expert } entry) return Refusal.ExpertUnknown;
        // Saying again that one is available counts outside the hours, where it means to go on.
        if (expert.Presence == presence && (presence == Presence.Available ? expert.OnDuty(_now) : expert.PresenceReason == reason)) return Refusal.None;
        if (presence != Presence.Available)
        {
            Leave(entry, presence, reason);
            return Refusal.None;
        }

        if (expert.TakeTime(_now)) TakeProfile(entry);
        expert.SetPresence(presence, _now);
        TakePresence(entry);
        if (_policy.Rule.TieBreak == Rules.TieBreak.LongestIdle) MoveToEnd(entry);
        Changed(entry);
        Freed(entry, Trigger.Available);
        return Refusal.None;
    }

    private void Leave(ExpertEntry entry, Presence presence, string reason = "")
    {
        entry.Expert.SetPresence(presence, _now, reason);
        TakePresence(entry);
        Changed(entry);
        entry.Freed = null;
        foreach (var live in OffersTo(entry)) Rescind(live, "presence");
    }

    private Refusal Open(WorkItem item, string trigger)
    {
        if (_items.ContainsKey(item.Id)) return Refusal.None;
        var open = Keep(item);
        TakeSteps(item);
        Enqueue(open);
        Changed(open);
        ToPlace(open, trigger);
        return Refusal.None;
    }

    private Refusal Accept(Guid offerId, Guid expertId)
    {
        if (!_offers.TryGetValue(offerId, out var live)) return Refusal.OfferNotLive;
        if (live.Offer.ExpertId != expertId) return Refusal.OfferNotYours;
        Forget(live);
        Accept(live.Offer, live.Item, live.Expert);
        return Refusal.None;
    }

    private void Accept(Offer offer, OpenItem open, ExpertEntry entry)
    {
        entry.Expert.Answered();
        open.Item.Assign(offer.ExpertId);
        _changes.Add(new Change.OfferSettled(offer, OfferState.Accepted, "", _now));
        Changed(open);
        Changed(entry);
    }

    private Refusal Decline(Input.Declined declined)
    {
        if (!_offers.TryGetValue(declined.OfferId, out var live)) return Refusal.OfferNotLive;
        if (live.Offer.ExpertId != declined.ExpertId) return Refusal.OfferNotYours;
        var open = Settle(live, OfferState.Declined, declined.Reason);
        var item = open.Item;
        item.MissedBy[declined.ExpertId] = item.MissedBy.GetValueOrDefault(declined.ExpertId) + 1;
        item.DeclinedBy.Add(declined.ExpertId);
        if (_policy.For(item) is { OffersAgainAfterDecline: true, OfferTimeout: var pause }) open.AsksAgainAt = _now + pause;
        live.Expert.Expert.Answered();
        Requeue(open, Trigger.Declined);
        return Refusal.None;
    }

    private Refusal Assign(Guid itemId, Guid expertId)
    {
        if (!_items.TryGetValue(itemId, out var open)) return Refusal.None;
        var item = open.Item;
        // Tickets tells what was accepted here: where that was by another expert, a supervisor gave it on since.
        if (item.State == ItemState.Assigned) return Refusal.None;
        if (open.Offer is { } taken) Settle(taken, OfferState.Rescinded, "taken");
        Release(open);
        Dequeue(open);
        item.Assign(expertId);
        Changed(open);
        if (_experts.Find(expertId) is not { } entry) return Refusal.None;
        Hold(entry, open);
        Changed(entry);
        foreach (var live in OffersTo(entry))
            if (!entry.Expert.IsWithinLimits(live.Item.Item.Request.Channel)) Rescind(live, "capacity");
        return Refusal.None;
    }

    private Refusal Force(Guid itemId, Guid expertId, string trigger)
    {
        if (!_items.TryGetValue(itemId, out var open)) return Refusal.ItemUnknown;
        if (_experts.Find(expertId) is not { Expert: { Profile.Active: true } expert } entry) return Refusal.ExpertUnknown;
        var item = open.Item;
        if (item.State == ItemState.Assigned && item.Holder == expertId) return Refusal.None;
        if (open.Offer is { } taken) Settle(taken, OfferState.Rescinded, "taken");
        Release(open);
        Dequeue(open);
        var decision = _explanations.Forced(item, expert, trigger, _newId(_now), _now);
        var offer = new Offer(_newId(_now), itemId, expertId, _now, _now);
        item.Offer(expertId);
        Hold(entry, open);
        _changes.Add(new Change.OfferMade(offer, item, decision));
        Accept(offer, open, entry);
        foreach (var other in OffersTo(entry))
            if (!expert.IsWithinLimits(other.Item.Item.Request.Channel)) Rescind(other, "capacity");
        return Refusal.None;
    }

    private Refusal Resolve(Guid itemId)
    {
        if (!_items.Remove(itemId, out var open)) return Refusal.None;
        if (open.Offer is { } live) Settle(live, OfferState.Rescinded, "resolved");
        var worker = open.Item is { State: ItemState.Assigned, Holder: { } holder } ? _experts.Find(holder) : null;
        Release(open);
        if (worker is { Expert.Profile.WrapUp.Ticks: > 0 })
        {
            worker.Expert.WrapUp(_now);
            TakePresence(worker);
        }

        Dequeue(open);
        open.Item.Close();
        Changed(open);
        return Refusal.None;
    }

    private void Rescind(LiveOffer live, string reason) => Requeue(Settle(live, OfferState.Rescinded, reason), Trigger.Rescinded);

    private OpenItem Settle(LiveOffer live, OfferState state, string reason)
    {
        Forget(live);
        _changes.Add(new Change.OfferSettled(live.Offer, state, reason, _now));
        Release(live.Item);
        return live.Item;
    }

    /// <summary>An expert's live offers, the latest first.</summary>
    private List<LiveOffer> OffersTo(ExpertEntry entry) =>
    [
        .. entry.Expert.Held.Select(item => _items[item].Offer).OfType<LiveOffer>()
            .OrderByDescending(live => live.Offer.OfferedAt).ThenByDescending(live => live.Offer.ItemId),
    ];
}
