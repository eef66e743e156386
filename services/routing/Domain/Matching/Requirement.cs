using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>The experts of each level or better in one skill or language.</summary>
internal sealed class LevelMaps
{
    private readonly Bitmap[] _atLeast = [new(), new(), new(), new(), new()];

    /// <param name="level">1 to 5.</param>
    public Bitmap AtLeast(int level) => _atLeast[level - 1];

    public int LevelOf(int position)
    {
        var level = Level.None;
        while (level < Level.Master && _atLeast[level][position]) level++;
        return level;
    }
}

/// <summary>A channel and what it takes of an expert: who is free for one may be full for another.</summary>
internal sealed class Lane(string channel, Capacity weight, int number)
{
    public string Channel { get; } = channel;

    public Capacity Weight { get; } = weight;

    public int Number { get; } = number;

    /// <summary>Experts who are there and have room.</summary>
    public Bitmap Free { get; } = new();

    public int FreeCount { get; set; }

    public bool Fits(Expert expert) => expert.HasRoomFor(Weight, Channel);
}

/// <summary>One skill of a requirement: what was asked, and what counts after relaxation.</summary>
internal readonly record struct NeededSkill(int Skill, LevelMaps Maps, int Minimum);

/// <summary>
/// What a number of items ask for alike: skills with the levels that count now, a language, a lane. Items that ask for
/// the same share one, so that who is able is asked once for all of them.
/// </summary>
internal sealed class Requirement(NeededSkill[] skills, LevelMaps? language, int languageNumber, int languageMinimum, Lane lane)
{
    public NeededSkill[] Skills { get; } = skills;

    /// <summary>Null when any language does.</summary>
    public LevelMaps? Language { get; } = language;

    public int LanguageNumber { get; } = languageNumber;

    public int LanguageMinimum { get; } = languageMinimum;

    public Lane Lane { get; } = lane;

    /// <summary>The queues of items that ask for this, one for each kind that a rule may tell apart.</summary>
    public List<WorkQueue> Queues { get; } = [];

    /// <summary>Buckets with something in them.</summary>
    public List<Bucket> Busy { get; } = [];

    /// <summary>Who could serve it, and the <see cref="ExpertIndex.SupplyVersion"/> for which that was counted.</summary>
    public (int Version, Supply Supply)? Supply { get; set; }

    /// <summary>Where requirements are looked up by what an expert masters; null while nothing waits.</summary>
    public Anchor? Anchor { get; set; }

    public int IndexInAnchor { get; set; } = -1;

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

    public bool Speaks(int position) => LanguageMinimum == 0 || Language is null || Language.AtLeast(LanguageMinimum)[position];
}

/// <summary>The requirements that need one skill (or none) and one language (or none), while items wait for them.</summary>
internal sealed class Anchor
{
    public List<Requirement> Requirements { get; } = [];
}

/// <summary>Items of one requirement that no rule can tell apart except by their wait.</summary>
internal sealed class WorkQueue
{
    public required Requirement Requirement { get; init; }

    public required WorkClass Work { get; init; }

    /// <summary>The phases of <see cref="MatchingRule.Phases"/>, with the items that are in each.</summary>
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
