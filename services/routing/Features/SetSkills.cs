using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;
using ProtoExpert = Relais.Contracts.Routing.V1.Expert;

namespace Relais.Routing.Features;

/// <summary>Replaces what an expert masters. Offers that no longer fit go on to others.</summary>
internal sealed class SetSkills(ExpertReader experts, RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard)
{
    private const int MostSkills = 200;

    public async Task<Outcome<ProtoExpert>> HandleAsync(SetSkillsRequest request, CancellationToken cancellationToken)
    {
        if (Violations(request) is { } invalid)
            return invalid;
        var id = experts.OwnOrManaged(request.Id, "id");
        if (id.Failure is { } notAllowed)
            return notAllowed;
        if (await experts.MissingAsync(id.Value, cancellationToken) is { } missing)
            return missing;
        var skills = new SkillLevels(request.Skills.Select(skill => KeyValuePair.Create(skill.Skill, skill.Level)));
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoExpert>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (engine.FindExpert(id.Value) is not { Profile: { Active: true } profile })
                return experts.Unknown(id.Value);
            await turn.ApplyAsync(new Input.ProfileSet(turn.Now, profile with { Skills = skills }), ct);
            return await ExpertView.OfAsync(db, id.Value, ct);
        }, cancellationToken), cancellationToken);
    }

    private static Failure? Violations(SetSkillsRequest request)
    {
        var check = new Check().RequestId(request.RequestId)
            .That(request.Skills.Count <= MostSkills, "skills", $"an expert has at most {MostSkills} skills; these are {request.Skills.Count}.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (skill, position) in request.Skills.Select((skill, position) => (skill, position)))
        {
            var field = $"skills[{position}]";
            check.Text(skill.Skill, $"{field}.skill", ExpertSkillRow.LongestName)
                .That(skill.Skill.Trim() == skill.Skill && !skill.Skill.Any(char.IsControl), $"{field}.skill", "must not begin or end with a space or hold control characters.")
                .That(Level.IsValid(skill.Level), $"{field}.level", $"must be from {Level.None} (none) to {Level.Master} (master); it is {skill.Level}.")
                .That(seen.Add(skill.Skill), $"{field}.skill", $"'{skill.Skill}' is given twice.");
        }

        return check.Failure;
    }
}
