using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>Waiting items of one queue and phase.</summary>
/// <param name="next">The phase after this one; null after the last.</param>
internal sealed class Bucket(WorkQueue queue, Phase phase, Phase? next, RuleTable table)
{
    private ItemsByAge _ordinary;
    private ItemsByAge _singular;

    public WorkQueue Queue { get; } = queue;

    public Phase Phase { get; } = phase;

    /// <summary>The phase after this one; null after the last.</summary>
    public Phase? Next { get; } = next;

    /// <summary>What the rule answers for its items.</summary>
    public RuleTable Table { get; } = table;

    /// <summary>Items that some expert refused, missed or should have: each is looked at by itself.</summary>
    public ref readonly ItemsByAge Singular => ref _singular;

    /// <summary>The others: of these only the oldest is looked at.</summary>
    public ref readonly ItemsByAge Ordinary => ref _ordinary;

    /// <summary>Where its head stands among those of its anchor; -1 while it is empty.</summary>
    public int IndexInAnchor { get; set; } = -1;

    public bool IsEmpty => Count == 0;

    public int Count => _ordinary.Count + _singular.Count;

    public IEnumerable<OpenItem> Items => [.. _ordinary.ToArray(), .. _singular.ToArray()];

    /// <summary>The age of the oldest of all, in UTC ticks.</summary>
    public long Oldest => Math.Min(_ordinary.Since, _singular.Since);

    public void Add(OpenItem item)
    {
        (item.Bucket, item.IsAmongSingular) = (this, item.IsSingular);
        if (item.IsAmongSingular) _singular.Add(item);
        else _ordinary.Add(item);
    }

    public void Remove(OpenItem item)
    {
        item.Bucket = null;
        if (item.IsAmongSingular) _singular.Remove(item);
        else _ordinary.Remove(item);
    }
}

/// <summary>
/// Items in the order of their ages, the oldest first. As a rule they come last and go first, which costs the same however
/// many there are; in the middle the shorter side moves.
/// </summary>
internal struct ItemsByAge
{
    private const int FirstCapacity = 4;

    // With the ages beside them, so that comparing follows no reference.
    private (long Since, OpenItem Item)[]? _entries;
    private int _first;

    public int Count { get; private set; }

    public readonly OpenItem? Oldest => Count > 0 ? _entries![_first].Item : null;

    /// <summary>The age of the oldest, in UTC ticks; <see cref="long.MaxValue"/> when there is none.</summary>
    public readonly long Since => Count > 0 ? _entries![_first].Since : long.MaxValue;

    public readonly ReadOnlySpan<(long Since, OpenItem Item)> Entries => _entries.AsSpan(_first, Count);

    public void Add(OpenItem item)
    {
        var at = PlaceOf(item);
        if (_entries is null || _first + Count == _entries.Length) MakeRoom();
        var entries = _entries.AsSpan();
        if (at < Count / 2 && _first > 0) entries.Slice(_first, at).CopyTo(entries[--_first..]);
        else entries.Slice(_first + at, Count - at).CopyTo(entries[(_first + at + 1)..]);
        entries[_first + at] = (item.Since, item);
        Count++;
    }

    public void Remove(OpenItem item)
    {
        var entries = _entries.AsSpan();
        var at = PlaceOf(item);
        Count--;
        if (at <= Count / 2)
        {
            entries.Slice(_first, at).CopyTo(entries[(_first + 1)..]);
            entries[_first++] = default;
        }
        else
        {
            entries.Slice(_first + at + 1, Count - at).CopyTo(entries[(_first + at)..]);
            entries[_first + Count] = default;
        }

        if (Count == 0) _first = 0;
    }

    public readonly OpenItem[] ToArray()
    {
        var items = new OpenItem[Count];
        for (var at = 0; at < items.Length; at++) items[at] = Entries[at].Item;
        return items;
    }

    /// <summary>How many are older.</summary>
    private readonly int PlaceOf(OpenItem item)
    {
        var entries = Entries;
        if (entries.Length == 0 || entries[0].Item == item) return 0;
        var (from, to) = (0, entries.Length);
        while (from < to)
        {
            // The last is looked at first.
            var middle = to == entries.Length ? to - 1 : (from + to) / 2;
            var (since, other) = entries[middle];
            if (since < item.Since || (since == item.Since && other.IsOlderThan(item))) from = middle + 1;
            else to = middle;
        }

        return from;
    }

    private void MakeRoom()
    {
        var entries = _entries.AsSpan(_first, Count);
        // With half of it left behind by what went first, the room is there.
        if (_first > 0 && _first >= Count)
        {
            entries.CopyTo(_entries);
            entries.Clear();
        }
        else
        {
            var larger = new (long, OpenItem)[Math.Max(FirstCapacity, 2 * Count)];
            entries.CopyTo(larger);
            _entries = larger;
        }

        _first = 0;
    }
}
