using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>One skill of a requirement: what was asked, and what counts after relaxation.</summary>
internal readonly record struct NeededSkill(int Skill, LevelMaps Maps, int Minimum)
{
    public bool IsMetBy(int position) => Minimum == Level.None || Maps.AtLeast(Minimum)[position];

    /// <summary>What is required of who should have at least a level for the matter.</summary>
    public int MinimumFor(int level) => Maps.IsMembership ? Minimum : Math.Max(Minimum, level);
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

    /// <summary>The queues of items that ask for this, beside what tells them apart.</summary>
    public List<(WorkKind Kind, WorkQueue Queue)> Queues { get; } = [];

    /// <summary>Who could serve it, and the <see cref="ExpertIndex.PresenceVersion"/> for which that was counted.</summary>
    public (int Version, Supply Supply)? Supply { get; set; }

    /// <summary>Where its items are looked up by what an expert masters; null until something waits.</summary>
    public AnchorLane? Heads { get; set; }

    /// <summary>The lowest level that an expert who meets this may have: levels below it need not be looked at.</summary>
    public int LowestLevel { get; } = skills.Where(skill => !skill.Maps.IsMembership).Select(skill => skill.Minimum).DefaultIfEmpty(Level.Master).Min();

    /// <summary>
    /// The level of an expert: the lowest in the skills asked for, their membership of a team apart; -1 below what is
    /// required.
    /// </summary>
    public int LevelOf(ReadOnlySpan<byte> levels)
    {
        var lowest = (int)Level.Master;
        foreach (var needed in Skills)
        {
            var level = levels[needed.Skill];
            if (level < needed.Minimum) return -1;
            if (!needed.Maps.IsMembership) lowest = Math.Min(lowest, level);
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
            if (!needed.Maps.IsMembership) lowest = Math.Min(lowest, level);
        }

        return lowest;
    }

    /// <summary>The sum of an expert's levels in the skills asked for, their membership of a team apart.</summary>
    public int TotalOf(int position)
    {
        var total = 0;
        foreach (var needed in Skills)
            if (!needed.Maps.IsMembership) total += needed.Maps.LevelOf(position);
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

/// <summary>What a rule may tell apart in items of one requirement, as <see cref="WorkClass"/> has it.</summary>
internal readonly record struct WorkKind(TimeSpan Target, TimeSpan Left, TimeSpan? Service, CustomerTier Tier, Priority Priority);

/// <summary>Items of one requirement that no rule can tell apart except by their wait.</summary>
internal sealed class WorkQueue
{
    public required Requirement Requirement { get; init; }

    public required WorkClass Work { get; init; }

    // The beginnings of the phases, so that finding one looks at no bucket.
    private TimeSpan[] _from = [];

    /// <summary>The phases of <see cref="MatchingRule.Phases"/> for items that come now.</summary>
    public Bucket[] Buckets
    {
        get;
        set
        {
            field = value;
            _from = [.. value.Select(bucket => bucket.Phase.From)];
        }
    }
    = [];

    /// <summary>The state of presence and profiles for which the phases were asked.</summary>
    public int SupplyVersion { get; set; } = -1;

    /// <summary>The phase of a wait.</summary>
    public int PhaseAfter(TimeSpan waited)
    {
        var phase = 0;
        while (phase + 1 < _from.Length && _from[phase + 1] <= waited) phase++;
        return phase;
    }
}
