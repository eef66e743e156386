namespace Relais.Routing.Domain;

/// <summary>
/// Decides which work goes to whom, for one tenant. A pure state machine: an input and the state give changes, time comes
/// with the input, and the same inputs give the same changes. One writer at a time; whoever calls it sees to that.
/// </summary>
/// <remarks>
/// Holds after every input: an item is with one expert at most; offered and accepted work fits the expert's capacity
/// (accepted work stays when a capacity is lowered, or when tickets assigns beyond it); no eligible expert is left beside
/// a waiting item.
/// When several pairs of item and expert become possible at once, the pair with the highest score is made first.
/// </remarks>
/// <param name="newId">Identifiers of offers and decisions, given the time.</param>
internal sealed class MatchingEngine(RoutingPolicy policy, Func<DateTimeOffset, Guid> newId)
{
    private readonly Matching _matching = new(policy);
    private readonly Dictionary<Guid, WorkItem> _items = [];
    private readonly Dictionary<Guid, Offer> _offers = [];
    private readonly Dictionary<Guid, Guid> _offerOfItem = [];
    private readonly List<Change> _changes = [];
    private readonly HashSet<object> _changed = [];
    private readonly Dictionary<WorkItem, string> _toPlace = [];
    private readonly Dictionary<Expert, string> _freed = [];
    private DateTimeOffset _now = DateTimeOffset.MinValue;

    public IReadOnlyCollection<Expert> Experts => _matching.Experts;

    public IReadOnlyCollection<WorkItem> OpenItems => _items.Values;

    public IReadOnlyCollection<Offer> LiveOffers => _offers.Values;

    public Expert? FindExpert(Guid id) => _matching.Find(id);

    public WorkItem? FindItem(Guid id) => _items.GetValueOrDefault(id);

    public Offer? FindOffer(Guid id) => _offers.GetValueOrDefault(id);

    /// <summary>
    /// Takes over what an earlier engine left: experts with nothing in hand, open items with their holders, live offers.
    /// Offers that expired meanwhile are settled without counting as missed, since nobody could have answered; the
    /// others stay live until their time. Then waiting work is placed.
    /// </summary>
    public Reaction Restore(IEnumerable<Expert> experts, IEnumerable<WorkItem> items, IEnumerable<Offer> offers, DateTimeOffset now)
    {
        Begin(now);
        foreach (var expert in experts)
        {
            _matching.Add(expert);
            _freed[expert] = Trigger.Restarted;
        }
        foreach (var item in items)
        {
            _items.Add(item.Id, item);
            if (item.State == ItemState.Waiting) _matching.Add(item);
            else if (item.Holder is { } holder) _matching.Find(holder)?.Hold(item.Id, item.Request.Weight);
        }
        foreach (var offer in offers)
        {
            _offers.Add(offer.Id, offer);
            _offerOfItem.Add(offer.ItemId, offer.Id);
        }
        foreach (var offer in Expired()) Requeue(Settle(offer, OfferState.Expired, ""), Trigger.Expired);
        Relax();
        Place();
        return Done();
    }

    public Reaction Apply(Input input)
    {
        var before = _now;
        Begin(input.At);
        Advance(before);
        var refusal = input switch
        {
            Input.TimePassed => Refusal.None,
            Input.ProfileSet set => SetProfile(set.Profile),
            Input.PresenceSet set => SetPresence(set.ExpertId, set.Presence),
            Input.Opened opened => Open(opened.Item, Trigger.Opened),
            Input.Reopened reopened => Open(reopened.Item, Trigger.Reopened),
            Input.Accepted accepted => Accept(accepted.OfferId, accepted.ExpertId),
            Input.Declined declined => Decline(declined),
            Input.Assigned assigned => Assign(assigned.ItemId, assigned.ExpertId),
            Input.Resolved resolved => Resolve(resolved.ItemId),
            _ => throw new ArgumentOutOfRangeException(nameof(input), input, null),
        };
        Place();
        return Done(refusal);
    }

    /// <summary>When time alone will change something, after <see cref="Apply"/>; null for never.</summary>
    public DateTimeOffset? NextDue()
    {
        DateTimeOffset? due = null;
        foreach (var offer in _offers.Values) Sooner(offer.ExpiresAt);
        foreach (var item in _matching.Waiting) Sooner(_matching.NextRelaxation(item));
        foreach (var expert in _matching.Experts)
            if (expert.Presence == Presence.Available && !expert.OnDuty(_now)) Sooner(expert.NextDutyChange(_now));
        return due;

        void Sooner(DateTimeOffset? at)
        {
            if (at is not null && !(due <= at)) due = at;
        }
    }

    private void Begin(DateTimeOffset at)
    {
        // A clock that is set back must not revive what has expired.
        if (at > _now) _now = at;
        _changes.Clear();
        _changed.Clear();
        _toPlace.Clear();
        _freed.Clear();
    }

    private Reaction Done(Refusal refusal = Refusal.None) => new(refusal, [.. _changes], _now);

    private void Advance(DateTimeOffset before)
    {
        foreach (var expert in _matching.Experts)
            if (expert.Presence == Presence.Available && !expert.OnDuty(before) && expert.OnDuty(_now)) _freed[expert] = Trigger.Hours;
        foreach (var offer in Expired()) Expire(offer);
        Relax();
        Place();
    }

    private List<Offer> Expired() => [.. _offers.Values.Where(o => o.ExpiresAt <= _now).OrderBy(o => o.ExpiresAt).ThenBy(o => o.Id)];

    private void Expire(Offer offer)
    {
        // Setting the expert away for an earlier miss may have taken it back already.
        if (!_offers.ContainsKey(offer.Id)) return;
        var item = Settle(offer, OfferState.Expired, "");
        item.MissedBy[offer.ExpertId] = item.MissedBy.GetValueOrDefault(offer.ExpertId) + 1;
        Requeue(item, Trigger.Expired);
        var expert = _matching.Find(offer.ExpertId)!;
        expert.Missed();
        if (policy.MissesUntilAway > 0 && expert.MissesInRow >= policy.MissesUntilAway && expert.Presence == Presence.Available)
            Leave(expert, Presence.Away);
        Changed(expert);
    }

    private void Relax()
    {
        foreach (var item in _matching.Waiting)
        {
            var before = item.RelaxedSteps;
            if (!TakeSteps(item)) continue;
            Changed(item);
            if (item.Request.Skills.Any(s => policy.Relaxation.MinimumLevel(s, item.RelaxedSteps) < policy.Relaxation.MinimumLevel(s, before)))
                _toPlace.TryAdd(item, Trigger.Relaxed);
        }
    }

    private bool TakeSteps(WorkItem item)
    {
        var steps = policy.Relaxation.StepsAfter(_now - item.WaitingSince);
        if (steps <= item.RelaxedSteps) return false;
        item.RelaxedSteps = steps;
        return true;
    }

    private Refusal SetProfile(ExpertProfile profile)
    {
        var expert = _matching.Find(profile.Id);
        if (expert is null)
        {
            expert = new Expert(profile, Presence.Offline, _now);
            _matching.Add(expert);
            _changes.Add(new Change.ProfileChanged(expert));
            return Refusal.None;
        }
        expert.SetProfile(profile);
        _changes.Add(new Change.ProfileChanged(expert));
        if (!profile.Active)
        {
            if (expert.Presence != Presence.Offline) Leave(expert, Presence.Offline);
            return Refusal.None;
        }
        foreach (var offer in OffersTo(expert))
        {
            var fits = expert.Load <= profile.Capacity && !_matching.Eligibility.Shortcomings(_items[offer.ItemId], expert).Any();
            if (!fits) Rescind(offer, "profile");
        }
        _freed[expert] = Trigger.Profile;
        return Refusal.None;
    }

    private Refusal SetPresence(Guid id, Presence presence)
    {
        if (_matching.Find(id) is not { Profile.Active: true } expert) return Refusal.ExpertUnknown;
        // Saying again that one is available counts outside the hours, where it means to go on.
        if (expert.Presence == presence && (presence != Presence.Available || expert.OnDuty(_now))) return Refusal.None;
        if (presence != Presence.Available)
        {
            Leave(expert, presence);
            return Refusal.None;
        }
        expert.SetPresence(presence, _now);
        Changed(expert);
        _freed[expert] = Trigger.Available;
        return Refusal.None;
    }

    private void Leave(Expert expert, Presence presence)
    {
        expert.SetPresence(presence, _now);
        Changed(expert);
        _freed.Remove(expert);
        foreach (var offer in OffersTo(expert)) Rescind(offer, "presence");
    }

    private Refusal Open(WorkItem item, string trigger)
    {
        if (!_items.TryAdd(item.Id, item)) return Refusal.None;
        TakeSteps(item);
        _matching.Add(item);
        Changed(item);
        _toPlace[item] = trigger;
        return Refusal.None;
    }

    private Refusal Accept(Guid offerId, Guid expertId)
    {
        if (!_offers.TryGetValue(offerId, out var offer)) return Refusal.OfferNotLive;
        if (offer.ExpertId != expertId) return Refusal.OfferNotYours;
        var (item, expert) = (_items[offer.ItemId], _matching.Find(expertId)!);
        Forget(offer);
        expert.Answered();
        item.Assign(expertId);
        _changes.Add(new Change.OfferSettled(offer, OfferState.Accepted, ""));
        Changed(item);
        Changed(expert);
        return Refusal.None;
    }

    private Refusal Decline(Input.Declined declined)
    {
        if (!_offers.TryGetValue(declined.OfferId, out var offer)) return Refusal.OfferNotLive;
        if (offer.ExpertId != declined.ExpertId) return Refusal.OfferNotYours;
        var item = Settle(offer, OfferState.Declined, declined.Reason);
        item.DeclinedBy.Add(declined.ExpertId);
        _matching.Find(declined.ExpertId)!.Answered();
        Requeue(item, Trigger.Declined);
        return Refusal.None;
    }

    private Refusal Assign(Guid itemId, Guid expertId)
    {
        if (!_items.TryGetValue(itemId, out var item)) return Refusal.None;
        if (item.State == ItemState.Assigned && item.Holder == expertId) return Refusal.None;
        if (_offerOfItem.TryGetValue(itemId, out var offerId)) Settle(_offers[offerId], OfferState.Rescinded, "taken");
        Release(item);
        _matching.Remove(item);
        _toPlace.Remove(item);
        item.Assign(expertId);
        Changed(item);
        if (_matching.Find(expertId) is { } expert)
        {
            expert.Hold(itemId, item.Request.Weight);
            Changed(expert);
            foreach (var offer in OffersTo(expert))
                if (expert.Load > expert.Profile.Capacity) Rescind(offer, "capacity");
        }
        return Refusal.None;
    }

    private Refusal Resolve(Guid itemId)
    {
        if (!_items.TryGetValue(itemId, out var item)) return Refusal.None;
        if (_offerOfItem.TryGetValue(itemId, out var offerId)) Settle(_offers[offerId], OfferState.Rescinded, "resolved");
        Release(item);
        _items.Remove(itemId);
        _matching.Remove(item);
        _toPlace.Remove(item);
        item.Close();
        Changed(item);
        return Refusal.None;
    }

    private void Rescind(Offer offer, string reason) => Requeue(Settle(offer, OfferState.Rescinded, reason), Trigger.Rescinded);

    private WorkItem Settle(Offer offer, OfferState state, string reason)
    {
        Forget(offer);
        _changes.Add(new Change.OfferSettled(offer, state, reason));
        var item = _items[offer.ItemId];
        Release(item);
        return item;
    }

    private void Forget(Offer offer)
    {
        _offers.Remove(offer.Id);
        _offerOfItem.Remove(offer.ItemId);
    }

    private void Release(WorkItem item)
    {
        if (item.Holder is not { } holder) return;
        item.Wait();
        if (_matching.Find(holder) is not { } expert) return;
        expert.Release(item.Id, _now);
        Changed(expert);
        _freed.TryAdd(expert, Trigger.Released);
    }

    private void Requeue(WorkItem item, string trigger)
    {
        TakeSteps(item);
        _matching.Add(item);
        Changed(item);
        _toPlace[item] = trigger;
    }

    /// <summary>Makes the best pairs among the items to place and everyone, and the freed experts and all that waits.</summary>
    private void Place()
    {
        if (_toPlace.Count == 0 && _freed.Count == 0) return;
        var freed = _freed.Keys.OrderBy(e => e.Id).ToList();
        var best = new Dictionary<WorkItem, Match>();
        foreach (var item in freed.Count > 0 ? _matching.Waiting : (IEnumerable<WorkItem>)_toPlace.Keys) Consider(item);

        while (best.Count > 0)
        {
            var next = best.Values.Aggregate((a, b) => b.IsBetterThan(a) ? b : a);
            Offer(next.Item, next.Expert);
            best.Remove(next.Item);
            // Only this expert's load changed, and it only grew: other best pairs stand.
            foreach (var item in best.Values.Where(m => m.Expert == next.Expert).Select(m => m.Item).ToList()) Consider(item);
        }

        foreach (var (item, trigger) in _toPlace.Where(p => p.Key.State == ItemState.Waiting).OrderBy(p => p.Key.Id))
            _changes.Add(new Change.Waits(item, _matching.Explain(item, null, trigger, newId(_now), _now)));
        _toPlace.Clear();
        _freed.Clear();

        void Consider(WorkItem item)
        {
            if (_matching.Best(item, _now, _toPlace.ContainsKey(item) ? null : freed) is { } match) best[item] = match;
            else best.Remove(item);
        }
    }

    private void Offer(WorkItem item, Expert expert)
    {
        var trigger = _toPlace.GetValueOrDefault(item) ?? _freed[expert];
        var decision = _matching.Explain(item, expert, trigger, newId(_now), _now);
        var offer = new Offer(newId(_now), item.Id, expert.Id, _now, _now + policy.OfferTimeout);
        _offers.Add(offer.Id, offer);
        _offerOfItem.Add(item.Id, offer.Id);
        _matching.Remove(item);
        item.Offer(expert.Id);
        expert.Hold(item.Id, item.Request.Weight);
        _changes.Add(new Change.OfferMade(offer, item, decision));
        Changed(item);
        Changed(expert);
    }

    /// <summary>An expert's live offers, the latest first.</summary>
    private List<Offer> OffersTo(Expert expert) =>
    [
        .. expert.Held.Where(_offerOfItem.ContainsKey).Select(item => _offers[_offerOfItem[item]])
            .OrderByDescending(o => o.OfferedAt).ThenByDescending(o => o.Id),
    ];

    private void Changed(Expert expert)
    {
        if (_changed.Add(expert)) _changes.Add(new Change.ExpertChanged(expert));
    }

    private void Changed(WorkItem item)
    {
        if (_changed.Add(item)) _changes.Add(new Change.ItemChanged(item));
    }
}
