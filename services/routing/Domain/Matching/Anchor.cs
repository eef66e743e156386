using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>The buckets whose items need one skill (or none) and one language (or none), apart by lane.</summary>
internal sealed class Anchor
{
    private AnchorLane?[] _lanes = [];

    // By level, then by lane: whoever looks for an item asks for all lanes at one level.
    private double[] _highest = [];

    /// <summary>Moment until which all heads' bounds and <see cref="MostUpTo"/> hold, in UTC ticks.</summary>
    public long BoundUntil { get; private set; }

    /// <summary>By the lanes' numbers; null where nothing ever waited.</summary>
    public ReadOnlySpan<AnchorLane?> Lanes => _lanes;

    public AnchorLane Of(Lane lane)
    {
        if (lane.Number >= _lanes.Length)
        {
            Array.Resize(ref _lanes, lane.Number + 1);
            _highest = new double[(Level.Master + 1) * _lanes.Length];
            BoundUntil = 0;
        }

        return _lanes[lane.Number] ??= new AnchorLane(this, lane.Number);
    }

    /// <summary>By the lanes' numbers, at least the urgency of every item for an expert of a level or a lower one.</summary>
    public ReadOnlySpan<double> MostUpTo(int level) => _highest.AsSpan(level * _lanes.Length, _lanes.Length);

    /// <summary>All heads have bounds until a moment.</summary>
    public void Bind(long until)
    {
        BoundUntil = until;
        Array.Clear(_highest);
        foreach (var lane in _lanes)
            for (var at = 0; at < lane?.Count; at++) lane.Raise(at);
    }

    internal void Raise(int level, int lane, double most)
    {
        ref var highest = ref _highest[(level * _lanes.Length) + lane];
        highest = Math.Max(highest, most);
    }
}

/// <summary>The buckets of an anchor and a lane, as heads in one stretch of memory.</summary>
internal sealed class AnchorLane(Anchor anchor, int number)
{
    // By level, for each head at least the urgency of its items for an expert of that level or a lower one.
    private readonly double[][] _most = [[], [], [], [], [], []];
    private Head[] _heads = [];

    // For each head its oldest item's age, in UTC ticks.
    private long[] _since = [];

    public Anchor Anchor => anchor;

    public int Count { get; private set; }

    public Span<Head> Heads => _heads.AsSpan(0, Count);

    public IEnumerable<Bucket> Buckets => _heads.Take(Count).Select(head => head.Bucket);

    /// <summary>
    /// The next head whose items may exceed an urgency for an expert of a level or a lower one, or reach it and be as old as
    /// an age.
    /// </summary>
    /// <returns>Its index from <paramref name="from"/> on; -1 when there is none.</returns>
    public int Next(int from, int level, double urgency, long since)
    {
        var most = _most[level].AsSpan(0, Count);
        var bar = Vector256.Create(urgency);
        while (from < most.Length)
        {
            if (from + Vector256<double>.Count <= most.Length
                && !Vector256.GreaterThanOrEqualAny(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(most), (nuint)from), bar)) from += Vector256<double>.Count;
            else if (most[from] > urgency || (most[from] == urgency && _since[from] <= since)) return from;
            else from++;
        }

        return -1;
    }

    /// <summary>The head of a bucket, which is added when it had nothing in it.</summary>
    public ref Head HeadOf(Bucket bucket)
    {
        if (bucket.IndexInAnchor < 0)
        {
            if (Count == _heads.Length) Grow();
            bucket.IndexInAnchor = Count;
            _heads[Count] = new Head(bucket);
            foreach (var most in _most) most[Count] = 0;
            Count++;
        }

        return ref _heads[bucket.IndexInAnchor];
    }

    public void Remove(Bucket bucket)
    {
        var at = bucket.IndexInAnchor;
        Count--;
        _heads[at] = _heads[Count];
        _heads[at].Bucket.IndexInAnchor = at;
        _since[at] = _since[Count];
        foreach (var most in _most) most[at] = most[Count];
        _heads[Count] = default;
        bucket.IndexInAnchor = -1;
    }

    /// <summary>Takes over what is in a bucket now.</summary>
    public void Refresh(Bucket bucket)
    {
        ref var head = ref _heads[bucket.IndexInAnchor];
        head.Since = bucket.Ordinary.Since;
        head.Oldest = _since[bucket.IndexInAnchor] = bucket.Oldest;
        if (head.HasSingular == bucket.Singular.Count > 0) return;
        head.HasSingular = !head.HasSingular;
        Raise(bucket.IndexInAnchor);
    }

    /// <summary>A head has another bound.</summary>
    /// <param name="at">Its index.</param>
    public void Raise(int at)
    {
        ref var head = ref _heads[at];
        for (var level = 0; level < _most.Length; level++)
        {
            var most = head.Table.MostUpTo[level] * head.Bound;
            // Whoever should have an item has it at any level.
            if (head.HasSingular) most = Math.Max(0, most);
            _most[level][at] = most;
            anchor.Raise(level, number, most);
        }
    }

    private void Grow()
    {
        var capacity = Math.Max(4, 2 * Count);
        Array.Resize(ref _heads, capacity);
        Array.Resize(ref _since, capacity);
        foreach (ref var most in _most.AsSpan()) Array.Resize(ref most, capacity);
    }
}

/// <summary>What has to be known of a bucket to pass it over, without following a reference.</summary>
internal struct Head
{
    public const int NoSkill = -1;

    /// <summary>At least the pressure of the oldest item, until <see cref="BoundUntil"/>.</summary>
    public double Bound;

    /// <summary>In UTC ticks.</summary>
    public long BoundUntil;

    /// <summary>The oldest ordinary item's age, in UTC ticks; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Since;

    /// <summary>The oldest item's age, in UTC ticks.</summary>
    public long Oldest;

    public readonly Bucket Bucket;
    public readonly RuleTable Table;
    public readonly int First;
    public readonly int Second;
    public readonly byte FirstMinimum;
    public readonly byte SecondMinimum;
    public readonly byte MinimumLevel;

    /// <summary>More skills than two, or the membership of a team: the requirement has to be asked.</summary>
    public readonly bool HasMore;

    public bool HasSingular;

    public Head(Bucket bucket)
    {
        var requirement = bucket.Queue.Requirement;
        var skills = requirement.Skills;
        (Bucket, Table) = (bucket, bucket.Table);
        (First, FirstMinimum) = skills.Length > 0 ? (skills[0].Skill, (byte)skills[0].Minimum) : (NoSkill, (byte)0);
        (Second, SecondMinimum) = skills.Length > 1 ? (skills[1].Skill, (byte)skills[1].Minimum) : (NoSkill, (byte)0);
        HasMore = skills.Length > 2 || Array.Exists(skills, skill => skill.Maps.IsMembership);
        MinimumLevel = (byte)bucket.Phase.MinimumLevel;
        Since = Oldest = long.MaxValue;
    }

    /// <inheritdoc cref="Requirement.LevelOf(ReadOnlySpan{byte})"/>
    public readonly int LevelOf(ReadOnlySpan<byte> levels)
    {
        if (HasMore) return Bucket.Queue.Requirement.LevelOf(levels);
        if (First == NoSkill) return Level.Master;
        int level = levels[First];
        if (level < FirstMinimum) return -1;
        if (Second == NoSkill) return level;
        var second = levels[Second];
        return second < SecondMinimum ? -1 : Math.Min(level, second);
    }
}
