using Relais.Routing.Domain.Matching;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain;

/// <summary>How items and experts that have become free for each other are brought together.</summary>
internal sealed partial class MatchingEngine
{
    // From here on all that waits is gone through once, in order of urgency, instead of asking for each expert.
    private const int Many = 16;

    private void Freed(ExpertEntry entry, string why)
    {
        if (entry.Freed is null) _freed.Add(entry);
        entry.Freed ??= why;
    }

    private void ToPlace(OpenItem open, string why)
    {
        if (open.ToPlace is null) _toPlace.Add(open);
        open.ToPlace = why;
    }

    private OpenItem Keep(WorkItem item)
    {
        var open = new OpenItem(item);
        // How long ago they declined is not known any more.
        if (item.IsRefused && _policy.For(item).OffersAgainAfterDecline) open.AsksAgainAt = _now;
        _items.Add(item.Id, open);
        return open;
    }

    private void Enqueue(OpenItem open)
    {
        if (open.AsksAgainAt <= _now)
        {
            open.AsksAgainAt = null;
            open.Item.DeclinedBy.Clear();
            Changed(open);
        }

        if (_policy.For(open.Item).ParkedUntil(open.Item, _now) is { } until)
        {
            Park(open, until);
            return;
        }

        open.IsParked = false;
        _waiting.Add(open, _now);
        Arm(open);
    }

    /// <summary>Waits where nobody is offered it.</summary>
    private void Park(OpenItem open, DateTimeOffset until)
    {
        if (until < DateTimeOffset.MaxValue) _alarms.Set(open, until.UtcTicks);
        else _alarms.Unset(open);
        if (!open.IsParked) _changes.Add(new Change.Waits(open.Item, _explanations.Parked(open.Item, until, _newId(_now), _now)));
        open.IsParked = true;
    }

    private void Dequeue(OpenItem open)
    {
        _waiting.Remove(open);
        open.IsParked = false;
        _alarms.Unset(open);
        open.ToPlace = null;
    }

    private void Requeue(OpenItem open, string trigger)
    {
        TakeSteps(open.Item);
        Enqueue(open);
        Changed(open);
        ToPlace(open, trigger);
    }

    /// <summary>
    /// Wakes a waiting item when it asks for less, enters its next phase, no longer waits for its preferred expert, or may
    /// be offered again to who declined it.
    /// </summary>
    private void Arm(OpenItem open)
    {
        var bucket = open.Bucket!;
        var next = _policy.For(open.Item).Relaxation.NextLowering(open.Item);
        if (bucket.Next is { } phase) next = Sooner(next, open.Item.WaitingSince + phase.From);
        if (_waiting.WaitsForPreferredUntil(open.Item) is { } preferred && preferred > _now) next = Sooner(next, preferred);
        if (open.AsksAgainAt is { } again) next = Sooner(next, again);
        var policy = _policy.For(open.Item);
        if (policy.ClosedHours != ClosedHours.Offer && policy.BusinessHours.NextChange(_now) is { } closes) next = Sooner(next, closes);
        if (next is { } at) _alarms.Set(open, at.UtcTicks);
        else _alarms.Unset(open);

        static DateTimeOffset Sooner(DateTimeOffset? one, DateTimeOffset other) => one < other ? one.Value : other;
    }

    private void ArmHours(ExpertEntry entry)
    {
        if (entry.Expert.NextChange(_now) is { } change) _alarms.Set(entry, change.UtcTicks);
        else _alarms.Unset(entry);
    }

    private void TakePresence(ExpertEntry entry)
    {
        var was = entry.IsPresent;
        _experts.TakePresence(entry, _now);
        if (was != entry.IsPresent) _moved.Add(entry);
        ArmHours(entry);
    }

    private void Hold(ExpertEntry entry, OpenItem open)
    {
        open.Holder = entry;
        var standing = entry.Standing;
        entry.Expert.Hold(open.Item.Request);
        _experts.TakeLoad(entry);
        if (_policy.Rule.ExcludesStandings && entry.Standing != standing && !entry.IsStirred)
        {
            entry.IsStirred = true;
            _stirred.Add(entry);
        }

        if (_policy.Rule.TieBreak == TieBreak.LeastRecentlyAssigned) MoveToEnd(entry);
    }

    /// <summary>The expert comes last of equals from now on.</summary>
    private void MoveToEnd(ExpertEntry entry)
    {
        entry.Expert.TurnSince = _now;
        _experts.MoveToEnd(entry);
    }

    private void Release(OpenItem open)
    {
        var item = open.Item;
        if (item.Holder is null) return;
        item.Wait();
        if (open.Holder is not { } entry) return;
        open.Holder = null;
        entry.Expert.Release(item.Id, _now);
        if (_policy.Rule.TieBreak == TieBreak.LongestIdle) MoveToEnd(entry);
        _experts.TakeLoad(entry);
        Changed(entry);
        Freed(entry, Trigger.Released);
    }

    private void Keep(LiveOffer live)
    {
        _offers.Add(live.Offer.Id, live);
        live.Item.Offer = live;
        if (live.Offer.ExpiresAt < DateTimeOffset.MaxValue) _alarms.Set(live, live.Offer.ExpiresAt.UtcTicks);
    }

    private void Forget(LiveOffer live)
    {
        _offers.Remove(live.Offer.Id);
        live.Item.Offer = null;
        _alarms.Unset(live);
    }

    private void TakeSupply()
    {
        if (_policy.Rule.DependsOnSupply && (_allMoved || _moved.Count > 0))
        {
            var items = new List<OpenItem>();
            if (_allMoved || _moved.Count > Many) _waiting.TakeSupply(null, _now, items);
            else foreach (var entry in _moved) _waiting.TakeSupply(entry, _now, items);
            foreach (var open in items) TakeSupply(open);
        }

        // What waits for one who left is for others now; what did not, may wait for one who came.
        foreach (var entry in _moved)
            foreach (var open in _waiting.Preferring(entry.Expert.Id)) TakeSupply(open);
        _moved.Clear();
        _allMoved = false;
    }

    private void TakeSupply(OpenItem open)
    {
        Arm(open);
        if (open.ToPlace is null) ToPlace(open, Trigger.Supply);
    }

    /// <summary>Brings together what became possible; afterwards nothing is left that could be.</summary>
    private void Place()
    {
        TakeSupply();
        if (_toPlace.Count == 0 && _freed.Count == 0) return;
        _freed.RemoveAll(static entry => entry.Freed is null);
        if (_freed.Count > Many) PlaceMany(_waiting.Buckets.SelectMany(bucket => bucket.Items));
        else
        {
            PlaceFreed();
            if (_toPlace.Count > Many) PlaceMany(_toPlace.Where(open => open.Bucket is not null));
            else PlaceItems();
        }

        PlaceStirred();

        if (_toPlace.Count > 1) _toPlace.Sort(static (a, b) => a.Item.Id.CompareTo(b.Item.Id));
        foreach (var open in _toPlace)
        {
            if (open is { ToPlace: { } trigger, Bucket: { } bucket } && trigger != Trigger.Supply)
                _changes.Add(new Change.Waits(open.Item, _explanations.Explain(open.Item, bucket, null, trigger, _newId(_now), _now)));
            open.ToPlace = null;
        }

        foreach (var entry in _freed) entry.Freed = null;
        _toPlace.Clear();
        _freed.Clear();
    }

    /// <summary>
    /// Of the items that freed experts could take, the most urgent first, each to its best expert: who may be another one
    /// than the expert who made it come up.
    /// </summary>
    private void PlaceFreed()
    {
        if (_freed.Count == 0) return;
        if (_freed is [var only] && _toPlace.Count == 0)
        {
            // Nobody else who is free is accepted by anything that waits, or it would not wait.
            while (_waiting.Best(only, _now) is var (open, _)) Offer(open, only);
            only.IsStirred = false;
            return;
        }

        var best = new (OpenItem Item, WaitingIndex.Rank Rank)?[_freed.Count];
        for (var at = 0; at < best.Length; at++) best[at] = _waiting.Best(_freed[at], _now);
        while (true)
        {
            (OpenItem Item, WaitingIndex.Rank Rank)? next = null;
            foreach (var one in best)
                if (one is var (item, rank) && (next is not var (other, otherRank) || rank.IsBetterThan(item, otherRank, other))) next = one;
            if (next is not var (open, _)) return;
            var expert = _waiting.Best(open, _now)!;
            Offer(open, expert);
            for (var at = 0; at < best.Length; at++)
                if (best[at]?.Item == open || _freed[at] == expert) best[at] = _waiting.Best(_freed[at], _now);
        }
    }

    /// <summary>The items that nobody who was freed could take, the most urgent first.</summary>
    private void PlaceItems()
    {
        if (_toPlace is not [var only]) PlaceSeveral();
        else if (only.Bucket is not null && _waiting.Best(only, _now) is { } expert) Offer(only, expert);
    }

    private void PlaceSeveral()
    {
        var best = new Dictionary<OpenItem, ExpertEntry>();
        foreach (var open in _toPlace) Consider(open);
        while (best.Count > 0)
        {
            var (next, expert) = best.Aggregate((a, b) => RankOf(b).IsBetterThan(b.Key, RankOf(a), a.Key) ? b : a);
            Offer(next, expert);
            best.Remove(next);
            foreach (var open in best.Where(pair => pair.Value == expert).Select(pair => pair.Key).ToList()) Consider(open);
        }

        void Consider(OpenItem open)
        {
            if (open.Bucket is not null && _waiting.Best(open, _now) is { } expert) best[open] = expert;
            else best.Remove(open);
        }

        WaitingIndex.Rank RankOf(KeyValuePair<OpenItem, ExpertEntry> pair) => new(0, UrgencyOf(pair.Key, pair.Value));
    }

    /// <summary>What an expert was given may have made them acceptable to items that did not accept them before.</summary>
    private void PlaceStirred()
    {
        for (var at = 0; at < _stirred.Count; at++)
        {
            var entry = _stirred[at];
            if (!entry.IsStirred) continue;
            entry.IsStirred = false;
            while (_waiting.Best(entry, _now) is var (open, _)) Offer(open, _waiting.Best(open, _now)!);
        }

        _stirred.Clear();
    }

    private double UrgencyOf(OpenItem open, ExpertEntry entry) => WaitingIndex.UrgencyOf(
        open, open.Bucket!, Math.Max(0, open.Bucket!.Queue.Requirement.LevelOf(entry.Position)), entry.Standing, _now);

    /// <summary>
    /// Much has become possible at once, as at a start or when a shift begins: everything in order of urgency, in portions
    /// whose best assignment as a whole is found first.
    /// </summary>
    private void PlaceMany(IEnumerable<OpenItem> what)
    {
        if (!_experts.Lanes.Any(lane => lane.FreeCount > 0)) return;
        var items = what.Select(open => (Open: open, Urgency: HighestUrgencyOf(open))).ToList();
        items.Sort(static (a, b) => a.Urgency != b.Urgency ? b.Urgency.CompareTo(a.Urgency) : a.Open.IsOlderThan(b.Open) ? -1 : a.Open == b.Open ? 0 : 1);
        foreach (var portion in items.Chunk(Repair.Portion))
        {
            foreach (var (open, expert) in Repair.Best(portion, BestOf, UrgencyOf)) Offer(open, expert);
            foreach (var (open, _) in portion)
                if (open.Bucket is not null && _waiting.Best(open, _now) is { } expert) Offer(open, expert);
        }

        double HighestUrgencyOf(OpenItem open)
        {
            var highest = double.NegativeInfinity;
            for (var standing = 0; standing < _policy.Rule.Standings; standing++)
                highest = Math.Max(highest, WaitingIndex.UrgencyOf(open, open.Bucket!, Level.Master, standing, _now));
            return highest;
        }

        List<ExpertEntry> BestOf(OpenItem open) => _waiting.Best(open, _now, Repair.Choices);
    }

    private void Offer(OpenItem open, ExpertEntry entry)
    {
        var item = open.Item;
        // That somebody came says more than that the item would have accepted others too.
        var trigger = (open.ToPlace is null or Trigger.Phase or Trigger.Supply ? entry.Freed : null) ?? open.ToPlace ?? Trigger.Assigned;
        var decision = _explanations.Explain(item, open.Bucket!, entry, trigger, _newId(_now), _now);
        var timeout = _policy.For(item).OfferTimeout;
        var expires = timeout > TimeSpan.Zero ? _now + timeout : DateTimeOffset.MaxValue;
        var offer = new Offer(_newId(_now), item.Id, entry.Expert.Id, _now, expires);
        Dequeue(open);
        item.Offer(entry.Expert.Id);
        Hold(entry, open);
        _changes.Add(new Change.OfferMade(offer, item, decision));
        if (_policy.AcceptsAtOnce) Accept(offer, open, entry);
        else Keep(new LiveOffer(offer, open, entry));
        Changed(open);
        Changed(entry);
    }

    private void Changed(ExpertEntry entry)
    {
        if (entry.ChangedIn == _turn) return;
        entry.ChangedIn = _turn;
        _changes.Add(new Change.ExpertChanged(entry.Expert));
    }

    private void Changed(OpenItem open)
    {
        if (open.ChangedIn == _turn) return;
        open.ChangedIn = _turn;
        _changes.Add(new Change.ItemChanged(open.Item));
    }
}
