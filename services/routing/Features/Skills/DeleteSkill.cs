using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Shards;

namespace Relais.Routing.Features.Skills;

/// <summary>Takes a skill that nobody has, under any of its names, and nothing hangs on out of the catalogue.</summary>
internal sealed class DeleteSkill(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, Audit audit)
{
    public async Task<Outcome<DeleteSkillResponse>> HandleAsync(DeleteSkillRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Text(request.Id, "id", ExpertSkillRow.LongestName).Failure is { } invalid)
            return invalid;
        return await shard.AloneAsync(turn => unit.OnceAsync<DeleteSkillResponse>(request.RequestId, request, async ct =>
        {
            var key = ExpertSkillRow.KeyOf(request.Id);
            if (await db.Skills.FirstOrDefaultAsync(skill => skill.Key == key, ct) is not { } row)
                return Failure.NotFound("skill.not_found", $"There is no skill '{request.Id}'. GET /v1/skills lists them.");
            var book = (await turn.EngineAsync(ct)).Policy.Book;
            var children = book.Catalogue.Skills.Where(skill => string.Equals(skill.Parent, row.Name, StringComparison.OrdinalIgnoreCase)).Select(skill => skill.Id).ToList();
            if (children.Count > 0)
                return Failure.Precondition("skill.has_children", $"'{row.Name}' is the parent of {string.Join(", ", children)}. Move these first.");
            var policies = book.Policies.Where(policy => policy.Definition.NamedSkills.Any(name => book.Catalogue.AreSame(name, row.Name))).Select(policy => $"'{policy.Group}'").ToList();
            if (policies.Count > 0)
                return Failure.Precondition("skill.in_policy", $"The active policy of {string.Join(", ", policies)} names '{row.Name}'. Activate a version without it first.");
            var keys = row.Synonyms.Select(ExpertSkillRow.KeyOf).Append(key).ToList();
            var holders = await db.ExpertSkills.Where(skill => keys.Contains(skill.Key)).Select(skill => skill.ExpertId).Distinct().CountAsync(ct);
            if (holders > 0)
                return Failure.Precondition("skill.in_use", $"{holders} experts have '{row.Name}'. Take it from them first.");
            db.Skills.Remove(row);
            audit.Note(turn.Now, Audit.SkillChanged, row.Name, reason: "deleted");
            await turn.RenewAsync(ct);
            return new DeleteSkillResponse();
        }, cancellationToken), cancellationToken);
    }
}
