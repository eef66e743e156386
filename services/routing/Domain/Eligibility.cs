using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain;

/// <summary>Who may be given an item now: whom no reason speaks against.</summary>
internal sealed class Eligibility(RoutingPolicy policy)
{
    public const string Presence = "presence";
    public const string Hours = "hours";
    public const string Capacity = "capacity";

    /// <summary>Finishes what was closed last.</summary>
    public const string WrapUp = "wrap_up";
    public const string Language = "language";
    public const string Declined = "declined";

    /// <summary>Good enough for what is required, but the item is still kept for someone better.</summary>
    public const string Held = "held";

    /// <summary>The item still waits for the expert who had it before.</summary>
    public const string Preferred = "preferred";

    /// <summary>Followed by the skill's name.</summary>
    public const string SkillPrefix = "skill:";

    /// <summary>The codes of everything that speaks against an expert: empty when they are eligible.</summary>
    public IReadOnlyList<string> Reasons(WorkItem item, Expert expert, DateTimeOffset now)
    {
        var reasons = new List<string>(2);
        if (expert.Presence != Domain.Presence.Available) reasons.Add(Presence);
        else if (!expert.OnDuty(now)) reasons.Add(expert.WrapsUpUntil > now ? WrapUp : Hours);
        if (!expert.HasRoomFor(item.Request.Weight, item.Request.Channel)) reasons.Add(Capacity);
        if (!Speaks(item, expert)) reasons.Add(Language);
        var skills = expert.Profile.SkillsAt(now);
        foreach (var required in item.Request.Skills)
            if (!Masters(item, skills, required)) reasons.Add(SkillPrefix + required.Skill);
        if (item.IsRefused && item.DeclinedBy.Contains(expert.Id)) reasons.Add(Declined);
        return reasons;
    }

    /// <summary>Whether anything speaks against an expert for an item wherever they are and whatever they hold.</summary>
    /// <param name="now">Null where the profile is of now.</param>
    public bool FallsShort(WorkItem item, Expert expert, DateTimeOffset? now = null)
    {
        if (!Speaks(item, expert)) return true;
        var skills = now is { } at ? expert.Profile.SkillsAt(at) : expert.Profile.Skills;
        foreach (var required in item.Request.Skills)
            if (!Masters(item, skills, required)) return true;
        return item.IsRefused && item.DeclinedBy.Contains(expert.Id);
    }

    private bool Speaks(WorkItem item, Expert expert) =>
        item.Request.Language.Length == 0 || expert.Profile.Languages[item.Request.Language] >= policy.For(item).MinimumLanguageLevel;

    private bool Masters(WorkItem item, SkillLevels skills, SkillRequirement required) =>
        skills[required.Skill] >= policy.For(item).Relaxation.MinimumLevel(required, item.RelaxedSteps);
}
