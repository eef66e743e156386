namespace Relais.Routing.Domain.Skills;

/// <summary>What about a team keeps matters waiting but forbids nothing: people and policies may change.</summary>
internal static class TeamWarnings
{
    /// <param name="team">As the book has it.</param>
    /// <param name="active">Those who take work.</param>
    public static IReadOnlyList<string> Of(Team team, RoutingBook book, IReadOnlySet<Guid> active) => [.. OfMembers(team, book, active), .. OfOverflow(team, book)];

    /// <summary>The channels of a hybrid team whose matters its overflow is never offered.</summary>
    public static IEnumerable<string> Closed(Team team, RoutingBook book) => team.Kind == TeamKind.Hybrid
        ? team.Channels.Where(channel => !Overflows(book.Policy.Groups.GetValueOrDefault(book.GroupOf(channel), book.Policy).Relaxation))
        : [];

    private static IEnumerable<string> OfMembers(Team team, RoutingBook book, IReadOnlySet<Guid> active)
    {
        if (team.Kind == TeamKind.Central && !book.Teams.Any(other => other.Kind == TeamKind.Central && HasSomeone(other)))
            yield return "memberIds: nobody of the central team takes work: matters of channels that no other team has wait until somebody does.";
        if (team.Kind != TeamKind.Channel)
            yield break;
        foreach (var channel in team.Channels.Where(channel => !book.Teams.Any(other => other.Channels.Contains(channel, StringComparer.Ordinal) && HasSomeone(other))))
            yield return $"memberIds: nobody of the team takes work: matters of '{channel}', for which it answers alone, wait until somebody does.";

        bool HasSomeone(Team one) => one.Members.Any(active.Contains);
    }

    private static IEnumerable<string> OfOverflow(Team team, RoutingBook book) => Closed(team, book).Select(channel =>
        $"channels: '{channel}' follows the group '{book.GroupOf(channel)}', whose policy has no relaxation step that opens the overflow: its matters are offered to members alone, however long they wait.");

    private static bool Overflows(RelaxationPlan plan) =>
        plan.MinimumLevel(new SkillRequirement(TeamSkill.OfChannel(""), Level.Master, NeverDrop: true), plan.Count) < Level.Master;
}
