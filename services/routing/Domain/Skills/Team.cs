namespace Relais.Routing.Domain.Skills;

internal enum TeamKind
{
    /// <summary>Answers for every channel that no other team answers for, and is the overflow of hybrid teams.</summary>
    Central = 1,

    /// <summary>Alone answers for its channels.</summary>
    Channel = 2,

    /// <summary>Answers for its channels first; the central team, or without one everybody, is its overflow.</summary>
    Hybrid = 3,

    /// <summary>Formed by skills for one matter.</summary>
    AdHoc = 4,
}

/// <summary>Experts who answer for something together.</summary>
/// <param name="TicketId">The one matter of an ad-hoc team.</param>
internal sealed record Team(Guid Id, string Name, TeamKind Kind, IReadOnlyList<string> Channels, IReadOnlyList<Guid> Members, Guid? TicketId);

/// <summary>
/// Membership as levels that the engine matches like any skill: members of the team that answers first are at the highest
/// level, its overflow at the lowest, and a matter asks for the highest until its overflow step.
/// </summary>
internal static class TeamSkill
{
    /// <summary>Begins every such name; no skill of a person does.</summary>
    public const char Mark = '@';

    private const string AnyChannel = "@channel:*";

    public static bool Is(string skill) => skill.StartsWith(Mark);

    public static string OfChannel(string channel) => $"@channel:{channel}";

    public static string OfMatter(Guid ticket) => $"@matter:{ticket}";

    /// <summary>What an expert's teams amount to.</summary>
    public static IReadOnlyList<KeyValuePair<string, int>> LevelsOf(Guid expert, IReadOnlyList<Team> teams)
    {
        var levels = new Dictionary<string, int>(StringComparer.Ordinal);
        var hasCentral = teams.Any(team => team.Kind == TeamKind.Central);
        var isCentral = teams.Any(team => team.Kind == TeamKind.Central && team.Members.Contains(expert));
        if (isCentral)
            levels[AnyChannel] = Level.Master;
        foreach (var team in teams)
        {
            var member = team.Members.Contains(expert);
            switch (team.Kind)
            {
                case TeamKind.Channel or TeamKind.Hybrid:
                    var level = member ? Level.Master : team.Kind == TeamKind.Hybrid && (isCentral || !hasCentral) ? 1 : Level.None;
                    foreach (var channel in team.Channels)
                        levels[OfChannel(channel)] = Math.Max(level, levels.GetValueOrDefault(OfChannel(channel)));
                    break;
                case TeamKind.AdHoc when member && team.TicketId is { } ticket:
                    levels[OfMatter(ticket)] = Level.Master;
                    break;
            }
        }

        return [.. levels.Where(level => level.Value > Level.None)];
    }

    /// <summary>The membership that a matter asks for; null when anybody may have it.</summary>
    public static SkillRequirement? RequiredBy(Guid ticket, string channel, IReadOnlyList<Team> teams)
    {
        if (teams.Any(team => team.Kind == TeamKind.AdHoc && team.TicketId == ticket))
            return new SkillRequirement(OfMatter(ticket), Level.Master, NeverDrop: true);
        if (teams.Any(team => team.Kind is TeamKind.Channel or TeamKind.Hybrid && team.Channels.Contains(channel, StringComparer.Ordinal)))
            return new SkillRequirement(OfChannel(channel), Level.Master, NeverDrop: true);
        return teams.Any(team => team.Kind == TeamKind.Central) ? new SkillRequirement(AnyChannel, Level.Master, NeverDrop: true) : null;
    }

    /// <summary>
    /// As few of the people as cover every skill together, the better first: one who may be given the matter, then each
    /// round the one who covers most of what is missing, then the one with the higher levels. Null when somebody is missing.
    /// </summary>
    /// <param name="mayLead">Whether an expert may be given the matter.</param>
    public static IReadOnlyList<Expert>? Cover(IReadOnlyList<SkillRequirement> skills, IReadOnlyCollection<Expert> people, Func<Expert, bool> mayLead, DateTimeOffset now)
    {
        var missing = skills.ToList();
        var members = new List<Expert>();
        while (members.Count == 0 || missing.Count > 0)
        {
            var best = people.Except(members)
                .Select(expert => (Expert: expert, Covers: missing.Where(skill => expert.Profile.SkillsAt(now)[skill.Skill] >= skill.MinimumLevel).ToList()))
                .Where(one => members.Count == 0 ? mayLead(one.Expert) : one.Covers.Count > 0)
                .OrderByDescending(one => one.Covers.Count)
                .ThenByDescending(one => one.Expert.Presence == Presence.Available)
                .ThenByDescending(one => one.Covers.Sum(skill => one.Expert.Profile.SkillsAt(now)[skill.Skill]))
                .ThenBy(one => one.Expert.Load).ThenBy(one => one.Expert.Id)
                .FirstOrDefault();
            if (best.Expert is null)
                return null;
            members.Add(best.Expert);
            missing.RemoveAll(best.Covers.Contains);
        }

        return members;
    }
}
