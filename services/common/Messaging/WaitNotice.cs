using System.Numerics;

namespace Relais.Common.Messaging;

/// <summary>
/// Says when the log tells that an event still waits for what is away: at its fifth attempt and at each doubling after it;
/// of many that wait together, for one of them a second.
/// </summary>
internal sealed class WaitNotice(TimeProvider clock)
{
    private const int First = 5;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long last;

    /// <param name="outages">Attempts of the event that found it away, from 1.</param>
    public bool IsDue(int outages)
    {
        if (outages % First != 0 || !BitOperations.IsPow2(outages / First))
            return false;
        var before = Interlocked.Read(ref last);
        return (before == 0 || clock.GetElapsedTime(before) >= Interval)
            && Interlocked.CompareExchange(ref last, clock.GetTimestamp(), before) == before;
    }
}
