using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>Waiting items of one queue and phase, the oldest first.</summary>
internal sealed class Bucket(WorkQueue queue, Bucket[] phases, int number, Phase phase, RuleTable table)
{
    // With the ages beside them, so that comparing follows no reference.
    private readonly List<(long Since, OpenItem Item)> _heap = [];

    public WorkQueue Queue { get; } = queue;

    public Phase Phase { get; } = phase;

    /// <summary>The phase after this one; null after the last.</summary>
    public Phase? Next => number + 1 < phases.Length ? phases[number + 1].Phase : null;

    /// <summary>What the rule answers for its items.</summary>
    public RuleTable Table { get; } = table;

    /// <summary>Items that some expert refused, missed or should have, the oldest first: each is looked at by itself.</summary>
    public List<OpenItem> Singular { get; } = [];

    /// <summary>Where its head stands among those of its anchor; -1 while it is empty.</summary>
    public int IndexInAnchor { get; set; } = -1;

    public bool IsEmpty => _heap.Count == 0 && Singular.Count == 0;

    public int Count => _heap.Count + Singular.Count;

    public IEnumerable<OpenItem> Items => _heap.Select(entry => entry.Item).Concat(Singular);

    /// <summary>The oldest of the ordinary items.</summary>
    public OpenItem? Head => _heap.Count > 0 ? _heap[0].Item : null;

    /// <summary>The age of the oldest of all, in UTC ticks.</summary>
    public long Oldest => Math.Min(Head?.Since ?? long.MaxValue, Singular.Count > 0 ? Singular[0].Since : long.MaxValue);

    public void Add(OpenItem item)
    {
        item.Bucket = this;
        if (item.IsSingular)
        {
            Singular.Insert(PlaceOf(item), item);
            return;
        }

        _heap.Add(default);
        Rise(_heap.Count - 1, (item.Since, item));
    }

    public void Remove(OpenItem item)
    {
        var at = item.IndexInBucket;
        (item.Bucket, item.IndexInBucket) = (null, -1);
        if (at < 0)
        {
            Singular.RemoveAt(PlaceOf(item));
            return;
        }

        var last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        if (last.Item == item) return;
        if (at > 0 && IsOlder(last, _heap[(at - 1) / 2])) Rise(at, last);
        else Sink(at, last);
    }

    /// <summary>How many of the singular items are older.</summary>
    private int PlaceOf(OpenItem item)
    {
        var (from, to) = (0, Singular.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (Singular[middle].IsOlderThan(item)) from = middle + 1;
            else to = middle;
        }

        return from;
    }

    private static bool IsOlder((long Since, OpenItem Item) one, (long Since, OpenItem Item) other) =>
        one.Since != other.Since ? one.Since < other.Since : one.Item.IsOlderThan(other.Item);

    private void Rise(int at, (long Since, OpenItem Item) entry)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!IsOlder(entry, _heap[parent])) break;
            Put(at, _heap[parent]);
            at = parent;
        }

        Put(at, entry);
    }

    private void Sink(int at, (long Since, OpenItem Item) entry)
    {
        while ((2 * at) + 1 is var child && child < _heap.Count)
        {
            if (child + 1 < _heap.Count && IsOlder(_heap[child + 1], _heap[child])) child++;
            if (!IsOlder(_heap[child], entry)) break;
            Put(at, _heap[child]);
            at = child;
        }

        Put(at, entry);
    }

    private void Put(int at, (long Since, OpenItem Item) entry)
    {
        _heap[at] = entry;
        entry.Item.IndexInBucket = at;
    }
}
