using System.Diagnostics;
using Relais.Routing.Domain;

namespace Relais.Benchmarks.Routing;

/// <summary>One subject in one world: filled with work, then kept as full as it is while decisions are timed.</summary>
internal sealed class RoutingSpeedRun(IRoutingUnderTest subject, RoutingSpeedWorld world, int waiting)
{
    private const int FillingMilliseconds = 100;
    private const int SettlingMinutes = 60;

    private readonly List<Guid>[] _held = [[], []];
    private readonly int _free = Enumerable.Range(0, world.Experts.Count).Count(RoutingSpeedWorld.StaysFree);
    private List<double> _times = [];
    private long _step;
    private int _ofPhases;

    private DateTimeOffset Now => RoutingSpeedWorld.At(_step);

    /// <summary>
    /// Until everyone is busy who shall be, and as much waits as shall: in hours, so that what is smoothed over time has
    /// settled.
    /// </summary>
    public void Fill()
    {
        subject.Begin(world);
        subject.IsFilling = true;
        for (var expert = 0; expert < world.Experts.Count; expert++) subject.Come(expert, Now);
        for (var tries = 0; (subject.Waiting < waiting || subject.Free > _free) && tries < 20 * (world.Experts.Count + waiting); tries++)
        {
            var overloaded = subject.Free <= _free || (subject.Waiting < waiting && tries % 2 == 0);
            if (overloaded && subject.Waiting >= waiting) break;
            Pass(FillingMilliseconds);
            Come(overloaded);
        }

        for (var minute = 0; minute < SettlingMinutes; minute++) Pass(60_000);

        while (subject.Waiting < waiting)
        {
            Pass(1);
            Come(overloaded: true);
        }

        subject.IsFilling = false;
    }

    /// <summary>Somebody finishes and takes what waits, and as much comes in; then work comes in for which somebody is free.</summary>
    /// <returns>
    /// The seconds that it took, the microseconds of each decision in ascending order, and how many of them were made only
    /// because an item had waited until its next phase.
    /// </returns>
    public (double Seconds, List<double> Times, int OfPhases) Turn(int decisions)
    {
        _times = new List<double>(2 * decisions);
        _ofPhases = 0;
        var began = Stopwatch.GetTimestamp();
        while (_times.Count - _ofPhases < decisions)
        {
            Pass(1);
            for (var comes = Finish(overloaded: true); comes > 0; comes--) Come(overloaded: true);
            Pass(1);
            Come(overloaded: false);
            if (subject.Free < _free) Finish(overloaded: false);
        }

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        _times.Sort();
        return (seconds, _times, _ofPhases);
    }

    /// <summary>Time passes, and wakes what waits for it.</summary>
    private void Pass(int milliseconds)
    {
        _step += milliseconds;
        var began = Stopwatch.GetTimestamp();
        var decided = subject.Pass(Now);
        _ofPhases += decided;
        Share(Stopwatch.GetElapsedTime(began), decided);
    }

    private void Come(bool overloaded)
    {
        var item = world.Open(overloaded, Now);
        var began = Stopwatch.GetTimestamp();
        var placed = subject.Open(item, Now);
        _times.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        if (placed is { } held) _held[overloaded ? 1 : 0].Add(held);
        // Where there are experts to spare nobody is kept waiting for one who is not.
        else if (!overloaded) subject.Withdraw(item, Now);
    }

    /// <returns>How many items the freed expert took.</returns>
    private int Finish(bool overloaded)
    {
        var held = _held[overloaded ? 1 : 0];
        if (held.Count == 0) return 0;
        var at = world.Next(held.Count);
        var item = held[at];
        held[at] = held[^1];
        held.RemoveAt(held.Count - 1);
        var began = Stopwatch.GetTimestamp();
        var taken = subject.Complete(item, Now);
        Share(Stopwatch.GetElapsedTime(began), taken.Count);
        held.AddRange(taken);
        return taken.Count;
    }

    // What was decided at once has each its share of the time.
    private void Share(TimeSpan time, int decisions)
    {
        for (var each = 0; each < decisions; each++) _times.Add(time.TotalMicroseconds / decisions);
    }
}
