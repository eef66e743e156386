using Relais.Routing.Domain;

namespace Relais.Benchmarks.Routing;

/// <summary>Something that gives items to experts, in process.</summary>
internal interface IRoutingUnderTest
{
    string Name { get; }

    string Note { get; }

    /// <summary>By what factor fewer decisions are enough to measure it.</summary>
    int Slowness { get; }

    int Waiting { get; }

    /// <summary>Experts with nothing in hand.</summary>
    int Free { get; }

    /// <summary>Whether the world is only being filled: then whoever is found soon will do.</summary>
    bool IsFilling { get; set; }

    void Begin(RoutingSpeedWorld world);

    void Come(int expert, DateTimeOffset now);

    /// <returns>The item when it found an expert; null when it waits.</returns>
    Guid? Open(WorkItem item, DateTimeOffset now);

    /// <summary>An item that waits is waited for no longer.</summary>
    void Withdraw(WorkItem item, DateTimeOffset now);

    /// <summary>Only time passes.</summary>
    /// <returns>How many items were decided about anew because of it.</returns>
    int Pass(DateTimeOffset now);

    /// <returns>Items that the freed expert took.</returns>
    IReadOnlyList<Guid> Complete(Guid item, DateTimeOffset now);
}

/// <summary>Routing's own engine.</summary>
internal sealed class EngineUnderTest : IRoutingUnderTest
{
    private readonly MatchingEngine _engine;
    private readonly List<Guid> _taken = [];
    private RoutingSpeedWorld? _world;
    private int _ids;

    public EngineUnderTest(string name, RoutingPolicy policy)
    {
        Name = name;
        Note = $"decisions keep {policy.RecordedExperts} candidates and rejections";
        _engine = new MatchingEngine(policy, _ => new Guid(++_ids, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    public string Name { get; }

    public string Note { get; }

    public int Slowness => 1;

    public int Waiting => _engine.WaitingCount;

    public int Free => _engine.IdleCount;

    /// <inheritdoc/>
    /// <remarks>It finds whom it would find anyway.</remarks>
    public bool IsFilling { get; set; }

    public void Begin(RoutingSpeedWorld world) => _world = world;

    public void Come(int expert, DateTimeOffset now)
    {
        _engine.Apply(new Input.ProfileSet(now, _world!.Experts[expert]));
        _engine.Apply(new Input.PresenceSet(now, RoutingSpeedWorld.ExpertId(expert), Presence.Available));
    }

    public Guid? Open(WorkItem item, DateTimeOffset now)
    {
        _engine.Apply(new Input.Opened(now, item));
        return item.State == ItemState.Assigned ? item.Id : null;
    }

    public void Withdraw(WorkItem item, DateTimeOffset now) => _engine.Apply(new Input.Resolved(now, item.Id));

    public int Pass(DateTimeOffset now)
    {
        var decided = 0;
        foreach (var change in _engine.Apply(new Input.TimePassed(now)).Changes)
            if (change is Change.OfferMade or Change.Waits) decided++;
        return decided;
    }

    public IReadOnlyList<Guid> Complete(Guid item, DateTimeOffset now)
    {
        _taken.Clear();
        foreach (var change in _engine.Apply(new Input.Resolved(now, item)).Changes)
            if (change is Change.OfferMade made) _taken.Add(made.Item.Id);
        return _taken;
    }
}
