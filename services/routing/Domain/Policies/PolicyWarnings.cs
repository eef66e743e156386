using System.Globalization;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Domain.Policies;

/// <summary>What in a policy deserves a second look but forbids nothing: people and catalogue may change.</summary>
internal static class PolicyWarnings
{
    /// <param name="experts">Those who take work, with the levels that count now.</param>
    public static IReadOnlyList<string> Of(string group, PolicyDefinition policy, RoutingBook book, IReadOnlyList<ExpertProfile> experts) =>
        [.. OfChannels(group, policy, book, experts), .. OfSkills(policy, book, experts), .. OfRelaxation(policy), .. OfTeams(group, policy, book)];

    private static IEnumerable<string> OfChannels(string group, PolicyDefinition policy, RoutingBook book, IReadOnlyList<ExpertProfile> experts)
    {
        if (group != PolicyDefinition.DefaultGroup && policy.Channels.Count == 0)
            yield return "channels: no channel follows this group.";
        foreach (var (channel, weight) in policy.ChannelWeights.OrderBy(weight => weight.Key, StringComparer.Ordinal))
        {
            var owner = book.With(new GroupPolicy(group, policy)).GroupOf(channel);
            if (owner != group)
                yield return $"channelWeights: '{channel}' follows the group '{owner}', so the weight does not count.";
            else if (experts.Count > 0 && experts.All(expert => expert.Capacity < Capacity.Of(weight)))
                yield return string.Create(CultureInfo.InvariantCulture, $"channelWeights: nobody has the capacity for '{channel}' ({weight}).");
        }

        foreach (var channel in policy.ServiceTargets.Select(target => target.Channel).Distinct(StringComparer.Ordinal))
        {
            if (book.With(new GroupPolicy(group, policy)).GroupOf(channel) is var owner && owner != group)
                yield return $"serviceTargets: '{channel}' follows the group '{owner}', so the target does not count.";
        }
    }

    private static IEnumerable<string> OfSkills(PolicyDefinition policy, RoutingBook book, IReadOnlyList<ExpertProfile> experts)
    {
        foreach (var required in policy.RequiredSkills)
        {
            var stays = required.NeverDrop || policy.NeverDropSkills.Any(skill => book.Catalogue.AreSame(skill, required.Skill));
            if (stays && experts.All(expert => expert.Skills[required.Skill] < 1))
                yield return $"requiredSkills: nobody has '{required.Skill}' now, and it is never dropped: no matter of the group can be taken until somebody has it.";
            else if (experts.All(expert => expert.Skills[required.Skill] < required.MinimumLevel))
                yield return $"requiredSkills: nobody has '{required.Skill}' at level {required.MinimumLevel} now: matters wait until that is relaxed.";
        }

        if (policy.RequiredSkills.Count > 1 && policy.RequiredSkills.All(HasSomeone) && !experts.Any(HasAll))
            yield return "requiredSkills: nobody has all of them now: matters wait until some are relaxed.";
        foreach (var wanted in policy.WantedSkills.Where(wanted => experts.All(expert => expert.Skills[wanted.Skill] < 1)))
            yield return $"wantedSkills: nobody has '{wanted.Skill}' now.";
        foreach (var name in policy.NeverDropSkills.Concat(policy.Relaxation.SelectMany(step => step.DropSkills)).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (book.Catalogue.Find(name) is null)
                yield return $"'{name}' is not in the catalogue; GET /v1/skills lists what is.";
        }

        bool HasSomeone(SkillRequirement required) => experts.Any(expert => expert.Skills[required.Skill] >= required.MinimumLevel);

        bool HasAll(ExpertProfile expert) => policy.RequiredSkills.All(required => expert.Skills[required.Skill] >= required.MinimumLevel);
    }

    private static IEnumerable<string> OfRelaxation(PolicyDefinition policy)
    {
        if (policy.MinimumLanguageLevel == Level.None)
            yield return "minimumLanguageLevel: at 0, matters are offered whatever languages an expert speaks.";
        if (policy.Relaxation.Count == 0)
            yield return "relaxation: without any step, matters ask for all of it however long they wait.";
        if (policy is { Relaxation.Count: 0, MaximumOffers: > 0 })
            yield return "maximumOffers: does nothing without relaxation steps to take.";
    }

    private static IEnumerable<string> OfTeams(string group, PolicyDefinition policy, RoutingBook book)
    {
        var with = book.With(new GroupPolicy(group, policy));
        return with.Teams.SelectMany(team => TeamWarnings.Closed(team, with).Where(channel => with.GroupOf(channel) == group).Select(channel =>
            $"relaxation: no step opens the overflow, so matters of '{channel}' are offered to the team '{team.Name}' alone, however long they wait."));
    }
}
