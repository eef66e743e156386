using Relais.Common.Requests;
using Relais.Routing.Data;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Features.Skills;

/// <summary>What a request may call a skill.</summary>
internal static class SkillNames
{
    /// <summary>A name in one line, that is no team's: who could write those could make anybody a member.</summary>
    public static Check Skill(this Check check, string name, string field, bool required = true) => check
        .Text(name, field, ExpertSkillRow.LongestName, required)
        .That(name.Trim() == name && !name.Any(char.IsControl), field, "must not begin or end with a space or hold control characters.")
        .That(!TeamSkill.Is(name), field, $"must not begin with '{TeamSkill.Mark}', which stands for a team. PUT /v1/teams/{{id}} says who is in one.");
}
