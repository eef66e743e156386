namespace Relais.Routing.Domain.Skills;

/// <summary>Who of a team that is formed for one matter may be given it.</summary>
internal static class TeamLead
{
    /// <summary>Whether an expert may be given the matter as a member, wherever they are and whatever they hold.</summary>
    public static Func<Expert, bool> Of(WorkItem item, RoutingPolicy policy, DateTimeOffset now)
    {
        var (lead, eligibility) = (policy.Book.ForLead(item), new Eligibility(policy));
        return expert => expert.Profile.Active && !eligibility.FallsShort(lead, expert, now);
    }

    /// <summary>The teams that were formed for a matter which waits, and of whom nobody may be given it any more.</summary>
    public static IReadOnlyList<Team> Missing(MatchingEngine engine, DateTimeOffset now) => [.. engine.Policy.Book.Teams.Where(team => IsMissingIn(team, engine, now))];

    // Outside the team nobody may have what asks for membership, and in it nobody would.
    private static bool IsMissingIn(Team team, MatchingEngine engine, DateTimeOffset now) =>
        team.TicketId is { } ticket && engine.FindItem(ticket) is { State: ItemState.Waiting } item
        && item.Request.Skills.Any(skill => skill.Skill == TeamSkill.OfMatter(ticket))
        && !team.Members.Select(engine.FindExpert).OfType<Expert>().Any(Of(item, engine.Policy, now));
}
