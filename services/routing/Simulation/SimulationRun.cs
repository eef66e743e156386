using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Simulation;

/// <summary>
/// One seed of a scenario, routed by the engine itself on a virtual clock. Time passes for the engine exactly when it says
/// that something is due.
/// </summary>
internal sealed class SimulationRun
{
    /// <summary>A Monday; scenarios count from its midnight.</summary>
    public static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // What waits so long after the end is lost: by then every business hour of a week has come once.
    private const double After = 7 * 24 * 3600;

    // Apart from the streams of contacts.
    private const long AnswerStreams = 1L << 62;

    private enum Happening
    {
        Arrival,
        Completion,
        PatienceEnds,
        ShiftBegins,
        ShiftEnds,
        Accepts,
        Declines,
        ComesBack,
        End,
    }

    private readonly record struct Event(Happening What, Contact? Contact, int Expert, Guid Offer = default);

    /// <summary>Offers of a contact to experts who do not answer at once.</summary>
    private sealed class Asking(long stream)
    {
        private readonly PythonRandom _random = new(stream);

        public (int Declined, int Missed) Fruitless { get; set; }

        /// <summary>A stream for the next offer, whoever it goes to: policies differ by whom they ask, not by what chance says.</summary>
        public PythonRandom Next() => new((long)(_random.NextDouble() * (1L << 53)));
    }

    private readonly Scenario _scenario;
    private readonly int _seed;
    private readonly MatchingEngine _engine;
    private readonly PriorityQueue<Event, (long At, int Order)> _events = new();
    private readonly Dictionary<Guid, Contact> _waiting = [];
    private readonly Dictionary<Contact, Guid> _itemIds = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Contact, int> _levels = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Contact, Asking> _asking = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Contact, Guid> _formerExperts = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ContactKind, int> _topLevels = new(ReferenceEqualityComparer.Instance);
    private readonly List<Outcome> _outcomes = [];
    private readonly double[] _busy;
    private long _now;
    private int _order;
    private int _ids;
    private int _items;
    private int _offered;

    private SimulationRun(Scenario scenario, RoutingPolicy policy, int seed)
    {
        _scenario = scenario;
        _seed = seed;
        _busy = new double[scenario.Experts.Count];
        _engine = new MatchingEngine(policy with { AcceptsAtOnce = scenario.AcceptsAtOnce }, _ => new Guid(++_ids, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    /// <summary>A rule alone: requirements are not relaxed, nobody is set away, and decisions are not recorded.</summary>
    public static RoutingPolicy PolicyOf(MatchingRule rule) =>
        new() { Rule = rule, Relaxation = RelaxationPlan.None, MissesUntilAway = 0, RecordedExperts = 0 };

    /// <summary>A whole policy, as the group <c>default</c>; its hours are those of the scenario's own clock.</summary>
    public static RoutingPolicy PolicyOf(PolicyDefinition definition)
    {
        var policy = definition.BusinessHours.Count == 0 ? definition : definition with { TimeZone = "UTC" };
        return new RoutingBook(SkillCatalogue.Empty, [], [new GroupPolicy(PolicyDefinition.DefaultGroup, policy)], []).Policy with { RecordedExperts = 0 };
    }

    /// <summary>Runs a seed to the end of everything that it began.</summary>
    public static SimulationResult Of(Scenario scenario, RoutingPolicy policy, int seed, CancellationToken cancellationToken = default)
    {
        var run = new SimulationRun(scenario, policy, seed);
        run.Staff();
        foreach (var contact in scenario.Contacts(seed)) run.Schedule(contact.At, new Event(Happening.Arrival, contact, -1));
        run.Schedule(scenario.End + After, new Event(Happening.End, null, -1));
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
                    Complete(next.Contact!, next.Expert);
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
                case Happening.Accepts:
                    Apply(new Input.Accepted(At(_now), next.Offer, ExpertId(next.Expert)));
                    break;
                case Happening.Declines:
                    Apply(new Input.Declined(At(_now), next.Offer, ExpertId(next.Expert), ""));
                    break;
                case Happening.ComesBack:
                    ComeBack(next.Expert);
                    break;
                case Happening.End:
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
        var book = _engine.Policy.Book;
        var weight = book.WrittenWeightOf(kind.Channel) ?? kind.Weight;
        var asked = new WorkRequest(id, "", "", kind.Channel, kind.Language, Priority.Normal, weight, kind.Skills, since) { Tier = kind.Tier };
        Apply(new Input.Opened(since, new WorkItem(book.Compose(asked), since + Span(kind.Target), since)
        {
            PreferredExpert = _formerExperts.Remove(contact, out var former) ? former : null,
        }));
        if (!_waiting.ContainsKey(id)) return;
        // Who is offered to somebody takes no waiting place.
        if (_engine.FindItem(id)!.State == ItemState.Waiting && _waiting.Count - _offered > _scenario.WaitingPlaces)
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
        _busy[index] += Math.Max(0, Math.Min(now + handle, _scenario.End) - now) * _engine.FindItem(item)!.Request.Weight.Whole;
        _levels[contact] = level;
        var resolved = contact.ResolutionDraw <= _scenario.Curves.Resolution[level];
        _outcomes.Add(new Outcome(contact, Seconds(_now - Ticks(contact.At)), level, TopLevel(contact.Kind), resolved, false) { Fruitless = FruitlessOf(contact) });
        Schedule(now + handle, new Event(Happening.Completion, contact, index));
    }

    private void Complete(Contact contact, int expert)
    {
        _levels.Remove(contact, out var level);
        var now = Seconds(_now);
        if (contact.ResolutionDraw > _scenario.Curves.Resolution[level] && contact.Returns && _scenario.Again is { } again
            && now + contact.ReturnAfter < _scenario.End)
        {
            var next = again(contact, now + contact.ReturnAfter, _seed);
            if (_engine.Policy.PreferredWait > TimeSpan.Zero) _formerExperts.Add(next, ExpertId(expert));
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
        _outcomes.Add(new Outcome(contact, waited, null, TopLevel(contact.Kind), false, blocked) { Fruitless = FruitlessOf(contact) });

    private (int Declined, int Missed) FruitlessOf(Contact contact) => _asking.Remove(contact, out var asking) ? asking.Fruitless : default;

    private void Apply(Input input)
    {
        foreach (var change in _engine.Apply(input).Changes)
        {
            switch (change)
            {
                case Change.OfferMade { Offer: var offer }:
                    _offered++;
                    if (!_engine.Policy.AcceptsAtOnce) Ask(offer);
                    break;
                case Change.OfferSettled { Offer: var offer } settled:
                    _offered--;
                    Settle(offer, settled.State);
                    break;
                case Change.ExpertChanged { Expert: { Presence: Presence.Away } expert } when expert.PresenceSince == input.At:
                    var index = Index(expert.Id);
                    ScheduleIn(_scenario.Experts[index].Answer!.Away, new Event(Happening.ComesBack, null, index));
                    break;
            }
        }
    }

    private void Ask(Offer offer)
    {
        var (contact, index) = (_waiting[offer.ItemId], Index(offer.ExpertId));
        if (!_asking.TryGetValue(contact, out var asking)) _asking.Add(contact, asking = new Asking(AnswerStreams + (_seed * 1_000_000_000L) + (contact.Id * 8) + contact.Attempt));
        var random = asking.Next();
        var (drawn, habit) = (random.NextDouble(), _scenario.Experts[index].Answer);
        if (drawn < habit?.Miss) return;
        var what = drawn < habit?.Miss + habit?.Decline ? Happening.Declines : Happening.Accepts;
        ScheduleIn(habit?.Time?.From(random) ?? 0, new Event(what, null, index, offer.Id));
    }

    private void Settle(Offer offer, OfferState state)
    {
        if (state == OfferState.Accepted) Start(offer.ItemId, offer.ExpertId);
        else if (_waiting.TryGetValue(offer.ItemId, out var contact) && _asking.TryGetValue(contact, out var asking))
        {
            var (declined, missed) = asking.Fruitless;
            if (state == OfferState.Declined) asking.Fruitless = (declined + 1, missed);
            else if (state == OfferState.Expired) asking.Fruitless = (declined, missed + 1);
        }
    }

    // Unless they left meanwhile, or came back and were set away again.
    private void ComeBack(int index)
    {
        var expert = _engine.FindExpert(ExpertId(index))!;
        if (expert.Presence == Presence.Away && expert.PresenceSince + Span(_scenario.Experts[index].Answer!.Away) <= At(_now))
            Apply(new Input.PresenceSet(At(_now), expert.Id, Presence.Available));
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

    private void ScheduleIn(double seconds, Event what) => _events.Enqueue(what, (_now + Ticks(seconds), _order++));

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
