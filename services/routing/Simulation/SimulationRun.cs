using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Simulation;

/// <summary>
/// One seed of a scenario, routed by the engine itself on a virtual clock. Offers are accepted at once; time passes for
/// the engine exactly when it says that something is due.
/// </summary>
internal sealed class SimulationRun
{
    /// <summary>A Monday; scenarios count from its midnight.</summary>
    public static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private enum Happening
    {
        Arrival,
        Completion,
        PatienceEnds,
        ShiftBegins,
        ShiftEnds,
    }

    private readonly record struct Event(Happening What, Contact? Contact, int Expert);

    private readonly Scenario _scenario;
    private readonly int _seed;
    private readonly MatchingEngine _engine;
    private readonly PriorityQueue<Event, (long At, int Order)> _events = new();
    private readonly Dictionary<Guid, Contact> _waiting = [];
    private readonly Dictionary<Contact, Guid> _itemIds = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Contact, int> _levels = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ContactKind, int> _topLevels = new(ReferenceEqualityComparer.Instance);
    private readonly List<Outcome> _outcomes = [];
    private readonly double[] _busy;
    private long _now;
    private int _order;
    private int _ids;
    private int _items;

    private SimulationRun(Scenario scenario, RoutingPolicy policy, int seed)
    {
        _scenario = scenario;
        _seed = seed;
        _busy = new double[scenario.Experts.Count];
        _engine = new MatchingEngine(policy, _ => new Guid(++_ids, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    /// <summary>
    /// A rule alone: requirements are not relaxed, nobody misses an offer, and decisions are not recorded.
    /// </summary>
    public static RoutingPolicy PolicyOf(MatchingRule rule) =>
        new() { Rule = rule, Relaxation = RelaxationPlan.None, MissesUntilAway = 0, RecordedExperts = 0, AcceptsAtOnce = true, OfferTimeout = Timeout.InfiniteTimeSpan };

    /// <summary>Runs a seed to the end of everything that it began.</summary>
    public static SimulationResult Of(Scenario scenario, RoutingPolicy policy, int seed, CancellationToken cancellationToken = default)
    {
        var run = new SimulationRun(scenario, policy, seed);
        run.Staff();
        foreach (var contact in scenario.Contacts(seed)) run.Schedule(contact.At, new Event(Happening.Arrival, contact, -1));
        run.Go(cancellationToken);
        return new SimulationResult(scenario, run._outcomes, run._busy);
    }

    private void Staff()
    {
        for (var index = 0; index < _scenario.Experts.Count; index++)
        {
            var expert = _scenario.Experts[index];
            Apply(new Input.ProfileSet(At(0), new ExpertProfile(
                ExpertId(index), expert.Name, "", "en", expert.Skills, expert.Languages, expert.Capacity, WorkingSchedule.Always)));
        }

        for (var index = 0; index < _scenario.Experts.Count; index++)
        {
            if (_scenario.Experts[index].Shifts.Count == 0) Apply(new Input.PresenceSet(At(0), ExpertId(index), Presence.Available));
            foreach (var (from, to) in _scenario.Experts[index].Shifts)
            {
                Schedule(from, new Event(Happening.ShiftBegins, null, index));
                Schedule(to, new Event(Happening.ShiftEnds, null, index));
            }
        }
    }

    private void Go(CancellationToken cancellationToken)
    {
        while (_events.TryPeek(out _, out var key))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // What follows from it may come before the next event.
            if (_engine.NextDue() is { } due && Ticks(due) <= key.At)
            {
                _now = Math.Max(_now, Ticks(due));
                Apply(new Input.TimePassed(At(_now)));
                continue;
            }

            var next = _events.Dequeue();
            _now = key.At;
            switch (next.What)
            {
                case Happening.Arrival:
                    Arrive(next.Contact!);
                    break;
                case Happening.Completion:
                    Complete(next.Contact!);
                    break;
                case Happening.PatienceEnds:
                    GiveUp(next.Contact!);
                    break;
                case Happening.ShiftBegins:
                    Apply(new Input.PresenceSet(At(_now), ExpertId(next.Expert), Presence.Available));
                    break;
                case Happening.ShiftEnds:
                    Apply(new Input.PresenceSet(At(_now), ExpertId(next.Expert), Presence.Offline));
                    break;
                default:
                    throw new InvalidOperationException($"Unknown happening {next.What}.");
            }
        }

        foreach (var contact in _waiting.Values.OrderBy(contact => contact.At)) Lose(contact, Math.Max(0, _scenario.End - contact.At), false);
    }

    private void Arrive(Contact contact)
    {
        var id = new Guid(++_items, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        _itemIds[contact] = id;
        _waiting.Add(id, contact);
        var kind = contact.Kind;
        var since = At(_now);
        Apply(new Input.Opened(since, new WorkItem(
            new WorkRequest(id, "", "", kind.Channel, kind.Language, Priority.Normal, kind.Weight, kind.Skills, since) { Tier = kind.Tier },
            since + Span(kind.Target), since)));
        if (!_waiting.ContainsKey(id)) return;
        if (_waiting.Count > _scenario.WaitingPlaces)
        {
            Withdraw(contact);
            Lose(contact, 0, true);
        }
        else if (double.IsFinite(contact.Patience))
        {
            Schedule(Seconds(_now) + contact.Patience, new Event(Happening.PatienceEnds, contact, -1));
        }
    }

    private void Start(Guid item, Guid expertId)
    {
        _waiting.Remove(item, out var contact);
        var index = Index(expertId);
        var expert = _scenario.Experts[index];
        var level = LevelOf(contact!.Kind, expert);
        var now = Seconds(_now);
        var handle = contact.Handle * _scenario.Curves.HandleTime[level];
        _busy[index] += Math.Max(0, Math.Min(now + handle, _scenario.End) - now) * contact.Kind.Weight.Whole;
        _levels[contact] = level;
        var resolved = contact.ResolutionDraw <= _scenario.Curves.Resolution[level];
        _outcomes.Add(new Outcome(contact, Seconds(_now - Ticks(contact.At)), level, TopLevel(contact.Kind), resolved, false));
        Schedule(now + handle, new Event(Happening.Completion, contact, index));
    }

    private void Complete(Contact contact)
    {
        _levels.Remove(contact, out var level);
        var now = Seconds(_now);
        if (contact.ResolutionDraw > _scenario.Curves.Resolution[level] && contact.Returns && _scenario.Again is { } again
            && now + contact.ReturnAfter < _scenario.End)
        {
            var next = again(contact, now + contact.ReturnAfter, _seed);
            Schedule(next.At, new Event(Happening.Arrival, next, -1));
        }

        Withdraw(contact);
    }

    private void GiveUp(Contact contact)
    {
        if (!_itemIds.TryGetValue(contact, out var id) || !_waiting.ContainsKey(id)) return;
        Withdraw(contact);
        Lose(contact, Math.Min(contact.Patience, Math.Max(0, _scenario.End - contact.At)), false);
    }

    private void Withdraw(Contact contact)
    {
        _itemIds.Remove(contact, out var id);
        _waiting.Remove(id);
        Apply(new Input.Resolved(At(_now), id));
    }

    private void Lose(Contact contact, double waited, bool blocked) =>
        _outcomes.Add(new Outcome(contact, waited, null, TopLevel(contact.Kind), false, blocked));

    private void Apply(Input input)
    {
        foreach (var change in _engine.Apply(input).Changes)
        {
            if (change is not Change.OfferMade { Offer: var offer }) continue;
            Start(offer.ItemId, offer.ExpertId);
            if (_engine.FindOffer(offer.Id) is not null) Apply(new Input.Accepted(input.At, offer.Id, offer.ExpertId));
        }
    }

    private int TopLevel(ContactKind kind)
    {
        if (_topLevels.TryGetValue(kind, out var top)) return top;
        top = _scenario.Experts.Where(expert => Serves(kind, expert)).Select(expert => LevelOf(kind, expert)).DefaultIfEmpty(Level.None).Max();
        _topLevels.Add(kind, top);
        return top;
    }

    private static bool Serves(ContactKind kind, SimulatedExpert expert) =>
        (kind.Language.Length == 0 || expert.Languages[kind.Language] > 0)
        && kind.Skills.All(required => expert.Skills[required.Skill] >= required.MinimumLevel);

    private static int LevelOf(ContactKind kind, SimulatedExpert expert)
    {
        var level = Level.Master;
        foreach (var required in kind.Skills) level = Math.Min(level, expert.Skills[required.Skill]);
        return level;
    }

    private void Schedule(double at, Event what) => _events.Enqueue(what, (Ticks(at), _order++));

    private static Guid ExpertId(int index) => new(index, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static int Index(Guid expert)
    {
        Span<byte> bytes = stackalloc byte[16];
        expert.TryWriteBytes(bytes);
        return BitConverter.ToInt32(bytes);
    }

    private static DateTimeOffset At(long ticks) => Epoch.AddTicks(ticks);

    private static long Ticks(DateTimeOffset at) => (at - Epoch).Ticks;

    private static long Ticks(double seconds) => (long)Math.Round(seconds * TimeSpan.TicksPerSecond);

    private static TimeSpan Span(double seconds) => new(Ticks(seconds));

    private static double Seconds(long ticks) => (double)ticks / TimeSpan.TicksPerSecond;
}
