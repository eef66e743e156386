using System.Text.Json.Serialization;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain.Policies;

internal enum ClosedHours
{
    Wait = 1,
    Offer = 2,
    Overflow = 3,
}

internal enum PolicyState
{
    Draft = 1,
    Active = 2,
    Retired = 3,
}

/// <summary>A step of giving up requirements; it replaces the step before it.</summary>
internal sealed record PolicyStep(int AfterSeconds, int LevelsDown, IReadOnlyList<string> DropSkills, bool NeverDropOnly, bool Overflow)
{
    /// <summary>What it lowers, under every name that the catalogue has for a skill.</summary>
    public RelaxationStep ToStep(SkillCatalogue catalogue) => new(TimeSpan.FromSeconds(AfterSeconds), LevelsDown, NeverDropOnly)
    {
        Drops = [.. DropSkills.SelectMany(skill => catalogue.Find(skill) is { } known ? [known.Id, .. known.Synonyms] : new[] { skill })],
        Overflow = Overflow,
    };
}

/// <summary>A skill by which experts whom the rule prefers alike are told apart.</summary>
/// <param name="Weight">1 to 10: counts for each level.</param>
internal sealed record WantedSkill(string Skill, int Weight);

/// <summary>Within what time matters of a channel should be taken.</summary>
/// <param name="Tier">As the contract writes it; empty for every tier that has no target of its own.</param>
internal sealed record ServiceTarget(string Channel, string Tier, int Seconds);

/// <summary>Hours of a week: days as in ISO 8601 (1 is Monday), times as <c>HH:mm</c>.</summary>
internal sealed record PolicyHours(IReadOnlyList<int> Days, string From, string To);

/// <summary>The rules of a routing group as somebody wrote them. Fields as in the contract.</summary>
internal sealed record PolicyDefinition
{
    /// <summary>The group of every matter that no other group has.</summary>
    public const string DefaultGroup = "default";

    public string Rule { get; init; } = "";

    public IReadOnlyList<string> Channels { get; init; } = [];

    public IReadOnlyList<SkillRequirement> RequiredSkills { get; init; } = [];

    public IReadOnlyList<string> NeverDropSkills { get; init; } = [];

    public IReadOnlyList<WantedSkill> WantedSkills { get; init; } = [];

    public IReadOnlyList<PolicyStep> Relaxation { get; init; } = [];

    /// <summary>By <see cref="Priority"/> as the contract writes it.</summary>
    public IReadOnlyDictionary<string, double> PriorityMinutes { get; init; } = new Dictionary<string, double>();

    /// <summary>By <see cref="CustomerTier"/> as the contract writes it.</summary>
    public IReadOnlyDictionary<string, double> TierMinutes { get; init; } = new Dictionary<string, double>();

    public int PreferredWaitSeconds { get; init; }

    public IReadOnlyList<PolicyHours> BusinessHours { get; init; } = [];

    public string TimeZone { get; init; } = "";

    public ClosedHours ClosedHours { get; init; } = ClosedHours.Wait;

    public bool OfferAgainAfterDecline { get; init; }

    public int MaximumOffers { get; init; }

    public int OfferTimeoutSeconds { get; init; }

    public int MissesUntilAway { get; init; }

    public IReadOnlyDictionary<string, double> ChannelWeights { get; init; } = new Dictionary<string, double>();

    public int MinimumLanguageLevel { get; init; }

    // Policies that were stored before there were any lack them, which reading takes for null.
    public IReadOnlyList<ServiceTarget> ServiceTargets { get; init => field = value ?? []; } = [];

    /// <summary>When the group works; <see cref="WorkingSchedule.Always"/> without business hours.</summary>
    [JsonIgnore]
    public WorkingSchedule Schedule => field ??= BusinessHours.Count == 0 ? WorkingSchedule.Always : Hours.Schedule(TimeZone, BusinessHours);

    /// <summary>The skills that it speaks of, under whatever name.</summary>
    [JsonIgnore]
    public IEnumerable<string> NamedSkills =>
    [
        .. RequiredSkills.Select(skill => skill.Skill), .. NeverDropSkills, .. WantedSkills.Select(skill => skill.Skill),
        .. Relaxation.SelectMany(step => step.DropSkills),
    ];
}
