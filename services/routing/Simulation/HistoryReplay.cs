using Relais.Routing.Domain;

namespace Relais.Routing.Simulation;

/// <summary>A matter of the past, to be routed again.</summary>
/// <param name="Asked">What the matter itself asked for.</param>
/// <param name="Target">From its opening to its due time; a service target may be sooner.</param>
/// <param name="Handle">How long it stays in hand.</param>
/// <param name="GivesUpAfter">The wait after which it is settled without anybody; null for never.</param>
internal sealed record PastMatter(WorkRequest Asked, TimeSpan Target, TimeSpan Handle, TimeSpan? GivesUpAfter)
{
    /// <summary>How long it was in hand; null where nobody knows and <see cref="Handle"/> is the usual time.</summary>
    public TimeSpan? Measured { get; init; }

    /// <summary>How much of its group's hours it waited, until somebody had it or it was given up; null where neither happened in them.</summary>
    public TimeSpan? Waited { get; init; }

    /// <summary>The matter as it comes under the rules of a book.</summary>
    public WorkItem Under(RoutingBook book) =>
        new(book.Compose(Asked with { Weight = book.WeightOf(Asked.Channel) }), Asked.QueuedSince + Target, Asked.QueuedSince);
}

/// <summary>
/// Routes the matters of a period again, under rules that may be others, by the engine itself on a virtual clock. Whoever is
/// offered a matter takes it at once and has it for as long as it once took.
/// </summary>
internal sealed class HistoryReplay
{
    // So long before the first matter everybody says that they are available: a schedule sees its last shift within eight
    // days, so that from then on hours count.
    private static readonly TimeSpan Before = TimeSpan.FromDays(9);

    // What waits so long after the last matter counts as unanswered.
    private static readonly TimeSpan After = TimeSpan.FromDays(1);

    private enum Happening
    {
        Arrival,
        Completion,
        GivingUp,
        End,
    }

    private readonly record struct Event(Happening What, PastMatter? Matter);

    private readonly RoutingBook _book;
    private readonly MatchingEngine _engine;
    private readonly PriorityQueue<Event, (DateTimeOffset At, int Order)> _events = new();
    private readonly Dictionary<Guid, PastMatter> _waiting = [];
    private readonly Dictionary<string, int> _topLevels = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(double Waited, bool InTime, double Match, bool Relaxed)> _taken = [];
    private readonly List<double> _abandoned = [];
    private readonly IReadOnlyList<ExpertProfile> _experts;
    private DateTimeOffset _now;
    private int _order;
    private int _ids;

    private HistoryReplay(RoutingBook book, IReadOnlyList<ExpertProfile> experts)
    {
        (_book, _experts) = (book, experts);
        _engine = new MatchingEngine(book.Policy with { RecordedExperts = 0, AcceptsAtOnce = true }, _ => new Guid(++_ids, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    /// <summary>
    /// The figures by name. In percent of the matters: <c>sla</c> (taken by their <see cref="WorkItem.TargetAt"/>), <c>abandoned</c>,
    /// <c>unanswered</c> (still waiting a day after the last one came), <c>relaxed</c> (taken after giving something up). In
    /// percent: <c>match</c> (mean level of who took them, as a share of the best on the roster). In seconds: <c>waitMean</c>
    /// and <c>waitP95</c>, until they were taken or given up. What nothing was measured for is left out.
    /// </summary>
    /// <param name="experts">As they are when the period begins; all of them are there during their hours.</param>
    /// <param name="matters">In order of their opening.</param>
    public static IReadOnlyDictionary<string, double> Of(
        RoutingBook book, IReadOnlyList<ExpertProfile> experts, IReadOnlyList<PastMatter> matters, CancellationToken cancellationToken)
    {
        if (matters.Count == 0) return new Dictionary<string, double>();
        var replay = new HistoryReplay(book, experts);
        replay.Staff(matters[0].Asked.QueuedSince - Before);
        foreach (var matter in matters) replay.Schedule(matter.Asked.QueuedSince, new Event(Happening.Arrival, matter));
        replay.Schedule(matters[^1].Asked.QueuedSince + After, new Event(Happening.End, null));
        replay.Go(cancellationToken);
        return replay.Figures(matters.Count);
    }

    private void Staff(DateTimeOffset from)
    {
        _now = from;
        foreach (var expert in _experts)
        {
            Apply(new Input.ProfileSet(_now, expert));
            Apply(new Input.PresenceSet(_now, expert.Id, Presence.Available));
        }
    }

    private void Go(CancellationToken cancellationToken)
    {
        while (_events.TryPeek(out _, out var key))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // What follows from it may come before the next event.
            if (_engine.NextDue() is { } due && due <= key.At)
            {
                if (due > _now) _now = due;
                Apply(new Input.TimePassed(_now));
                continue;
            }

            var next = _events.Dequeue();
            _now = key.At;
            switch (next.What)
            {
                case Happening.Arrival:
                    Arrive(next.Matter!);
                    break;
                case Happening.Completion:
                    Apply(new Input.Resolved(_now, next.Matter!.Asked.Id));
                    break;
                case Happening.GivingUp:
                    GiveUp(next.Matter!);
                    break;
                case Happening.End:
                    return;
                default:
                    throw new InvalidOperationException($"Unknown happening {next.What}.");
            }
        }
    }

    private void Arrive(PastMatter matter)
    {
        var id = matter.Asked.Id;
        _waiting.Add(id, matter);
        Apply(new Input.Opened(_now, matter.Under(_book)));
        if (matter.GivesUpAfter is { } patience && _waiting.ContainsKey(id)) Schedule(_now + patience, new Event(Happening.GivingUp, matter));
    }

    private void GiveUp(PastMatter matter)
    {
        if (!_waiting.Remove(matter.Asked.Id)) return;
        _abandoned.Add((_now - matter.Asked.QueuedSince).TotalSeconds);
        Apply(new Input.Resolved(_now, matter.Asked.Id));
    }

    private void Apply(Input input)
    {
        foreach (var change in _engine.Apply(input).Changes)
            if (change is Change.OfferMade made) Start(made);
    }

    private void Start(Change.OfferMade made)
    {
        if (!_waiting.Remove(made.Item.Id, out var matter)) return;
        var (item, profile) = (made.Item, _engine.FindExpert(made.Offer.ExpertId)!.Profile);
        var top = TopLevel(matter.Asked);
        _taken.Add((
            (_now - matter.Asked.QueuedSince).TotalSeconds, _now <= item.TargetAt, top <= 0 ? 1 : (double)LevelOf(matter.Asked, profile) / top,
            made.Decision.Relaxations.Count > 0));
        Schedule(_now + matter.Handle, new Event(Happening.Completion, matter));
    }

    private Dictionary<string, double> Figures(int count)
    {
        var waits = _taken.Select(taken => taken.Waited).Concat(_abandoned).Order().ToList();
        var figures = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["sla"] = Percent(_taken.Count(taken => taken.InTime)),
            ["abandoned"] = Percent(_abandoned.Count),
            ["unanswered"] = Percent(_waiting.Count),
            ["relaxed"] = Percent(_taken.Count(taken => taken.Relaxed)),
        };
        if (_taken.Count > 0) figures["match"] = 100 * _taken.Average(taken => taken.Match);
        if (waits.Count > 0) (figures["waitMean"], figures["waitP95"]) = (waits.Average(), waits[Math.Min((int)(.95 * waits.Count), waits.Count - 1)]);
        return figures;

        double Percent(int of) => 100.0 * of / count;
    }

    /// <summary>The best level on the roster for what a matter itself asks for; -1 when nobody has all of it.</summary>
    private int TopLevel(WorkRequest asked)
    {
        var key = string.Join('|', asked.Skills.Select(skill => $"{skill.Skill}:{skill.MinimumLevel}").Prepend(LanguageLevels.Primary(asked.Language)));
        if (_topLevels.TryGetValue(key, out var top)) return top;
        top = _experts.Where(expert => asked.Language.Length == 0 || expert.Languages[asked.Language] > 0)
            .Where(expert => asked.Skills.All(skill => expert.Skills[skill.Skill] >= skill.MinimumLevel))
            .Select(expert => LevelOf(asked, expert)).DefaultIfEmpty(-1).Max();
        _topLevels.Add(key, top);
        return top;
    }

    private static int LevelOf(WorkRequest asked, ExpertProfile expert) => asked.Skills.Select(skill => expert.Skills[skill.Skill]).DefaultIfEmpty(Level.Master).Min();

    private void Schedule(DateTimeOffset at, Event what) => _events.Enqueue(what, (at, _order++));
}
