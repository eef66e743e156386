using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>One skill of a requirement: what was asked, and what counts after relaxation.</summary>
internal readonly record struct NeededSkill(int Skill, LevelMaps Maps, int Minimum)
{
    public bool IsMetBy(int position) => Minimum == Level.None || Maps.AtLeast(Minimum)[position];
}

/// <summary>
/// What a number of items ask for alike: skills with the levels that count now, a language, a lane. Items that ask for
/// the same share one, so that who is able is asked once for all of them.
/// </summary>
internal sealed class Requirement(
    NeededSkill[] skills, LevelMaps? language, int languageNumber, int languageMinimum, Lane lane, (LevelMaps Maps, int Weight)[] wanted)
{
    public NeededSkill[] Skills { get; } = skills;

    /// <summary>Whether experts whom the rule prefers alike are told apart by <see cref="WantedOf"/>.</summary>
    public bool Wants { get; } = wanted.Length > 0;

    /// <summary>Null when any language does.</summary>
    public LevelMaps? Language { get; } = language;

    public int LanguageNumber { get; } = languageNumber;

    public int LanguageMinimum { get; } = languageMinimum;

    public Lane Lane { get; } = lane;

    /// <summary>The queues of items that ask for this, one for each kind that a rule may tell apart.</summary>
    public List<WorkQueue> Queues { get; } = [];

    /// <summary>Who could serve it, and the <see cref="ExpertIndex.SupplyVersion"/> for which that was counted.</summary>
    public (int Version, Supply Supply)? Supply { get; set; }

    /// <summary>Where its items are looked up by what an expert masters; null until something waits.</summary>
    public Anchor? Anchor { get; set; }

    /// <summary>The lowest level that an expert who meets this may have: levels below it need not be looked at.</summary>
    public int LowestLevel { get; } = skills.Length == 0 ? Level.Master : skills.Min(skill => skill.Minimum);

    /// <summary>The level of an expert: the lowest in the skills asked for; -1 below what is required.</summary>
    public int LevelOf(ReadOnlySpan<byte> levels)
    {
        var lowest = (int)Level.Master;
        foreach (var needed in Skills)
        {
            var level = levels[needed.Skill];
            if (level < needed.Minimum) return -1;
            lowest = Math.Min(lowest, level);
        }

        return lowest;
    }

    /// <inheritdoc cref="LevelOf(ReadOnlySpan{byte})"/>
    public int LevelOf(int position)
    {
        var lowest = (int)Level.Master;
        foreach (var needed in Skills)
        {
            var level = needed.Maps.LevelOf(position);
            if (level < needed.Minimum) return -1;
            lowest = Math.Min(lowest, level);
        }

        return lowest;
    }

    /// <summary>The sum of an expert's levels in the skills asked for.</summary>
    public int TotalOf(int position)
    {
        var total = 0;
        foreach (var needed in Skills) total += needed.Maps.LevelOf(position);
        return total;
    }

    /// <summary>The sum of weight times an expert's level in the wanted skills.</summary>
    public int WantedOf(int position)
    {
        var total = 0;
        foreach (var (maps, weight) in wanted) total += weight * maps.LevelOf(position);
        return total;
    }

    public bool Speaks(int position) => LanguageMinimum == 0 || Language is null || Language.AtLeast(LanguageMinimum)[position];
}

/// <summary>The buckets whose items need one skill (or none) and one language (or none), as heads in one stretch of memory.</summary>
internal sealed class Anchor
{
    private readonly double[] _most = new double[Level.Master + 1];
    private Head[] _heads = [];
    private int _singular;

    public int Count { get; private set; }

    /// <summary>Moment until which the heads' bounds and <see cref="MostUpTo"/> hold, in UTC ticks.</summary>
    public long BoundUntil { get; private set; }

    public Span<Head> Heads => _heads.AsSpan(0, Count);

    public IEnumerable<Bucket> Buckets => _heads.Take(Count).Select(head => head.Bucket);

    /// <summary>At least the urgency of every item for an expert of a level or a lower one; unknown while single experts count.</summary>
    public double MostUpTo(int level) => _singular > 0 ? double.PositiveInfinity : _most[level];

    /// <summary>The head of a bucket, which is added when it had nothing in it.</summary>
    public ref Head HeadOf(Bucket bucket)
    {
        if (bucket.IndexInAnchor < 0)
        {
            if (Count == _heads.Length) Array.Resize(ref _heads, Math.Max(4, 2 * Count));
            bucket.IndexInAnchor = Count;
            _heads[Count++] = new Head(bucket);
        }

        return ref _heads[bucket.IndexInAnchor];
    }

    public void Remove(Bucket bucket)
    {
        if (_heads[bucket.IndexInAnchor].HasSingular) _singular--;
        var last = _heads[--Count];
        _heads[bucket.IndexInAnchor] = last;
        last.Bucket.IndexInAnchor = bucket.IndexInAnchor;
        _heads[Count] = default;
        bucket.IndexInAnchor = -1;
    }

    /// <summary>Takes over what is in a bucket now.</summary>
    public void Refresh(Bucket bucket)
    {
        ref var head = ref _heads[bucket.IndexInAnchor];
        head.Since = bucket.Head?.Since ?? long.MaxValue;
        if (head.HasSingular == bucket.Singular.Count > 0) return;
        head.HasSingular = !head.HasSingular;
        _singular += head.HasSingular ? 1 : -1;
    }

    /// <summary>A head has another bound; it holds as long as the others.</summary>
    public void Raise(ref Head head)
    {
        for (var level = 0; level < _most.Length; level++) _most[level] = Math.Max(_most[level], head.Table.MostUpTo[level] * head.Bound);
    }

    /// <summary>All heads have bounds until a moment.</summary>
    public void Bind(long until)
    {
        BoundUntil = until;
        Array.Clear(_most);
        foreach (ref var head in Heads) Raise(ref head);
    }
}

/// <summary>What has to be known of a bucket to pass it over, without following a reference.</summary>
internal struct Head
{
    public const int NoSkill = -1;

    /// <summary>At least the pressure of the oldest item, until <see cref="Anchor.BoundUntil"/>.</summary>
    public double Bound;

    /// <summary>The oldest ordinary item's age, in UTC ticks; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Since;

    public readonly Bucket Bucket;
    public readonly RuleTable Table;
    public readonly double[] Worths;
    public readonly int First;
    public readonly int Second;
    public readonly ushort Lane;
    public readonly byte FirstMinimum;
    public readonly byte SecondMinimum;
    public readonly byte MinimumLevel;

    /// <summary>More skills than two: the requirement has to be asked.</summary>
    public readonly bool HasMore;

    public bool HasSingular;

    public Head(Bucket bucket)
    {
        var requirement = bucket.Queue.Requirement;
        var skills = requirement.Skills;
        (Bucket, Table, Worths) = (bucket, bucket.Table, bucket.Table.Worths);
        (First, FirstMinimum) = skills.Length > 0 ? (skills[0].Skill, (byte)skills[0].Minimum) : (NoSkill, (byte)0);
        (Second, SecondMinimum) = skills.Length > 1 ? (skills[1].Skill, (byte)skills[1].Minimum) : (NoSkill, (byte)0);
        HasMore = skills.Length > 2;
        Lane = (ushort)requirement.Lane.Number;
        MinimumLevel = (byte)bucket.Phase.MinimumLevel;
        Since = long.MaxValue;
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

/// <summary>Items of one requirement that no rule can tell apart except by their wait.</summary>
internal sealed class WorkQueue
{
    public required Requirement Requirement { get; init; }

    public required WorkClass Work { get; init; }

    /// <summary>The phases of <see cref="MatchingRule.Phases"/> for items that come now.</summary>
    public Bucket[] Buckets { get; set; } = [];

    /// <summary>The state of presence and profiles for which the phases were asked.</summary>
    public int SupplyVersion { get; set; } = -1;

    /// <summary>The phase of a wait.</summary>
    public int PhaseAfter(TimeSpan waited)
    {
        var phase = 0;
        while (phase + 1 < Buckets.Length && Buckets[phase + 1].Phase.From <= waited) phase++;
        return phase;
    }
}
