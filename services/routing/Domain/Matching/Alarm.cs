using System.Numerics;

namespace Relais.Routing.Domain.Matching;

/// <summary>Something that may ask to be woken at one moment.</summary>
internal abstract class Alarm
{
    internal const int Unset = -1;

    internal Alarm? Previous;
    internal Alarm? Next;
    internal int Slot = Unset;
    internal long Sequence;

    /// <summary>When it rings, in UTC ticks, while <see cref="IsSet"/>.</summary>
    public long At { get; internal set; }

    public bool IsSet => Slot != Unset;
}

/// <summary>
/// Alarms by time: setting and unsetting one costs the same however many there are, and the next one is known exactly.
/// </summary>
/// <remarks>
/// A hierarchical timing wheel (Varghese and Lauck 1987, scheme 6): slots of a millisecond, then of 64 times the width
/// from level to level. An alarm lies on the level of the highest six bits in which its time differs from the wheel's, so
/// what lies on a lower level always rings earlier, and it moves down as its time comes near. Alarms ring by their exact
/// time, not by their slot's.
/// </remarks>
internal sealed class TimerWheel
{
    private const int BitsPerLevel = 6;
    private const int SlotsPerLevel = 1 << BitsPerLevel;
    private const int Levels = 8; // 64^8 ms are 8,900 years: every date has its slot.
    private const long Unknown = long.MinValue;

    private readonly Alarm?[] _heads = new Alarm?[Levels * SlotsPerLevel];
    private readonly long[] _earliest = new long[Levels * SlotsPerLevel];
    private readonly ulong[] _occupied = new ulong[Levels];
    private readonly List<Alarm> _rung = [];
    private long _tick;
    private long _sequence;

    /// <summary>Rings at a time, in UTC ticks; one that was set rings then instead.</summary>
    public void Set(Alarm alarm, long at)
    {
        if (alarm.IsSet)
        {
            if (alarm.At == at) return;
            Unlink(alarm);
        }

        alarm.At = at;
        alarm.Sequence = ++_sequence;
        Link(alarm);
    }

    public void Unset(Alarm alarm)
    {
        if (alarm.IsSet) Unlink(alarm);
    }

    /// <summary>The earliest moment at which an alarm rings, in UTC ticks; null when none is set.</summary>
    public long? Earliest()
    {
        if (EarliestSlot() is not (var slot, _)) return null;
        if (_earliest[slot] == Unknown)
        {
            var earliest = long.MaxValue;
            for (var alarm = _heads[slot]; alarm is not null; alarm = alarm.Next) earliest = Math.Min(earliest, alarm.At);
            _earliest[slot] = earliest;
        }

        return _earliest[slot];
    }

    /// <summary>Takes the alarms that ring until a time, in order of their times; valid until the next call.</summary>
    public IReadOnlyList<Alarm> Advance(long now)
    {
        _rung.Clear();
        var until = Tick(now);
        while (EarliestSlot() is (var slot, var start) && start <= until)
        {
            _tick = Math.Max(_tick, start);
            var last = slot < SlotsPerLevel && start == until;
            for (var alarm = _heads[slot]; alarm is not null;)
            {
                var next = alarm.Next;
                if (slot >= SlotsPerLevel)
                {
                    Unlink(alarm);
                    Link(alarm);
                }
                else if (alarm.At <= now)
                {
                    Unlink(alarm);
                    _rung.Add(alarm);
                }

                alarm = next;
            }

            if (last) break;
        }

        _tick = Math.Max(_tick, until);
        _rung.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : a.Sequence.CompareTo(b.Sequence));
        return _rung;
    }

    private static long Tick(long at) => Math.Max(0, at) / TimeSpan.TicksPerMillisecond;

    private (int Slot, long Start)? EarliestSlot()
    {
        for (var level = 0; level < Levels; level++)
        {
            if (_occupied[level] == 0) continue;
            var shift = level * BitsPerLevel;
            var current = (int)(_tick >> shift) & (SlotsPerLevel - 1);
            var ahead = BitOperations.TrailingZeroCount(BitOperations.RotateRight(_occupied[level], current));
            return ((level * SlotsPerLevel) + ((current + ahead) & (SlotsPerLevel - 1)), ((_tick >> shift) + ahead) << shift);
        }

        return null;
    }

    private void Link(Alarm alarm)
    {
        var tick = Math.Max(_tick, Tick(alarm.At));
        var differs = (ulong)(tick ^ _tick);
        var level = differs == 0 ? 0 : Math.Min(Levels - 1, (63 - BitOperations.LeadingZeroCount(differs)) / BitsPerLevel);
        var slot = (level * SlotsPerLevel) + ((int)(tick >> (level * BitsPerLevel)) & (SlotsPerLevel - 1));
        var head = _heads[slot];
        (alarm.Slot, alarm.Previous, alarm.Next) = (slot, null, head);
        if (head is null) (_earliest[slot], _occupied[level]) = (alarm.At, _occupied[level] | (1UL << (slot % SlotsPerLevel)));
        else
        {
            head.Previous = alarm;
            if (_earliest[slot] != Unknown) _earliest[slot] = Math.Min(_earliest[slot], alarm.At);
        }

        _heads[slot] = alarm;
    }

    private void Unlink(Alarm alarm)
    {
        var slot = alarm.Slot;
        if (alarm.Previous is { } previous) previous.Next = alarm.Next;
        else _heads[slot] = alarm.Next;
        if (alarm.Next is { } next) next.Previous = alarm.Previous;
        if (_heads[slot] is null) _occupied[slot / SlotsPerLevel] &= ~(1UL << (slot % SlotsPerLevel));
        else if (_earliest[slot] == alarm.At) _earliest[slot] = Unknown;
        (alarm.Slot, alarm.Previous, alarm.Next) = (Alarm.Unset, null, null);
    }
}
