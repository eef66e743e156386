namespace Relais.Routing.Domain.Skills;

/// <summary>A skill as somebody gave it to an expert.</summary>
/// <param name="ExpiresAt">When the certificate behind it ends; null for never.</param>
internal sealed record GivenSkill(string Skill, int Level, DateTimeOffset? ExpiresAt = null);

/// <summary>The levels that count from a moment on.</summary>
internal sealed record LaterSkills(DateTimeOffset From, SkillLevels Skills);

/// <summary>What was given to an expert, as levels that count: with what is implied, without what has expired.</summary>
internal static class Mastery
{
    /// <summary>The levels that count at a moment, also of somebody whose <see cref="ExpertProfile.Later"/> came while nobody looked, as of who is away.</summary>
    public static SkillLevels SkillsAt(this ExpertProfile profile, DateTimeOffset now) =>
        profile.Later.LastOrDefault(later => later.From <= now)?.Skills ?? profile.Skills;

    /// <param name="membership">Further levels, which never expire.</param>
    public static (SkillLevels Now, IReadOnlyList<LaterSkills> Later) Of(
        IReadOnlyList<GivenSkill> given, IReadOnlyList<KeyValuePair<string, int>> membership, SkillCatalogue catalogue, DateTimeOffset now) =>
        (At(given, membership, catalogue, now),
        [
            .. given.Select(skill => skill.ExpiresAt).OfType<DateTimeOffset>().Where(at => at > now).Distinct().Order()
                .Select(at => new LaterSkills(at, At(given, membership, catalogue, at))),
        ]);

    private static SkillLevels At(
        IReadOnlyList<GivenSkill> given, IReadOnlyList<KeyValuePair<string, int>> membership, SkillCatalogue catalogue, DateTimeOffset at)
    {
        var levels = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var skill in given)
        {
            var level = skill.ExpiresAt <= at ? Level.None : skill.Level;
            // Nobody is in a team by a skill, whatever a catalogue from before holds.
            foreach (var name in catalogue.Satisfies(skill.Skill).Where(name => !TeamSkill.Is(name)))
                levels[name] = Math.Max(level, levels.GetValueOrDefault(name));
        }

        foreach (var (name, level) in membership)
            levels[name] = Math.Max(level, levels.GetValueOrDefault(name));
        return new SkillLevels(levels);
    }
}
