using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;
using Relais.Routing.Features.Skills;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;
using ProtoExpert = Relais.Contracts.Routing.V1.Expert;

namespace Relais.Routing.Features;

/// <summary>Replaces what an expert masters. Offers that no longer fit go on to others.</summary>
internal sealed class SetSkills(ExpertReader experts, RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard)
{
    private const int MostSkills = 200;
    private const long LastSecond = 253_402_300_800;

    public async Task<Outcome<ProtoExpert>> HandleAsync(SetSkillsRequest request, CancellationToken cancellationToken)
    {
        if (Violations(request) is { } invalid)
            return invalid;
        var id = experts.OwnOrManaged(request.Id, "id");
        if (id.Failure is { } notAllowed)
            return notAllowed;
        if (await experts.MissingAsync(id.Value, cancellationToken) is { } missing)
            return missing;
        List<GivenSkill> skills = [.. request.Skills.Select(skill => new GivenSkill(skill.Skill, skill.Level, Stored(skill.ExpiresAt)))];
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoExpert>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (engine.FindExpert(id.Value) is not { Profile: { Active: true } profile })
                return experts.Unknown(id.Value);
            if (await EnterCatalogueAsync(skills, ct) is { } unknown)
                return unknown;
            await turn.ApplyAsync(new Input.ProfileSet(turn.Now, profile with { Given = skills }), ct);
            return await ExpertView.OfAsync(db, id.Value, ct);
        }, cancellationToken), cancellationToken);
    }

    /// <summary>What the catalogue does not have enters it with its first expert, unless it is closed.</summary>
    private async Task<Failure?> EnterCatalogueAsync(List<GivenSkill> skills, CancellationToken cancellationToken)
    {
        var catalogue = await db.CatalogueAsync(cancellationToken);
        var unknown = skills.Select((skill, position) => (skill.Skill, Position: position)).Where(one => catalogue.Find(one.Skill) is null).ToList();
        if (unknown.Count > 0 && catalogue.Closed)
        {
            return Failure.Invalid("skill.unknown", $"The catalogue is closed and has no {string.Join(", ", unknown.Select(one => $"'{one.Skill}'"))}. Add them with PUT /v1/skills/{{id}} first.",
                [.. unknown.Select(one => new FieldViolation($"skills[{one.Position}].skill", $"there is no skill '{one.Skill}'."))]);
        }

        foreach (var (skill, _) in unknown.Take(CatalogueReader.MostSkills - catalogue.Skills.Count))
            db.Skills.Add(new SkillRow { Key = ExpertSkillRow.KeyOf(skill), Name = skill });
        return null;
    }

    // As fine as the databases store it.
    private static DateTimeOffset? Stored(Google.Protobuf.WellKnownTypes.Timestamp? at) => at is null ? null : ShardTurn.Stored(at.ToDateTimeOffset());

    private static Failure? Violations(SetSkillsRequest request)
    {
        var check = new Check().RequestId(request.RequestId)
            .That(request.Skills.Count <= MostSkills, "skills", $"an expert has at most {MostSkills} skills; these are {request.Skills.Count}.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (skill, position) in request.Skills.Select((skill, position) => (skill, position)))
        {
            var field = $"skills[{position}]";
            check.Skill(skill.Skill, $"{field}.skill")
                .That(skill.ExpiresAt is null or { Seconds: > 0 and < LastSecond }, $"{field}.expiresAt", "must be a time from 1970 to 9999.")
                .That(Level.IsValid(skill.Level), $"{field}.level", $"must be from {Level.None} (none) to {Level.Master} (master); it is {skill.Level}.")
                .That(seen.Add(skill.Skill), $"{field}.skill", $"'{skill.Skill}' is given twice.");
        }

        return check.Failure;
    }
}
