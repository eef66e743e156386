using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Shards;

namespace Relais.Routing.Features.Skills;

/// <summary>Takes a skill that nobody has and nothing hangs on out of the catalogue.</summary>
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
            var catalogue = await db.CatalogueAsync(ct);
            var children = catalogue.Skills.Where(skill => string.Equals(skill.Parent, row.Name, StringComparison.OrdinalIgnoreCase)).Select(skill => skill.Id).ToList();
            if (children.Count > 0)
                return Failure.Precondition("skill.has_children", $"'{row.Name}' is the parent of {string.Join(", ", children)}. Move these first.");
            var holders = await db.ExpertSkills.CountAsync(skill => skill.Key == key, ct);
            if (holders > 0)
                return Failure.Precondition("skill.in_use", $"{holders} experts have '{row.Name}'. Take it from them first.");
            db.Skills.Remove(row);
            audit.Note(turn.Now, Audit.SkillChanged, row.Name, reason: "deleted");
            await turn.RenewAsync(ct);
            return new DeleteSkillResponse();
        }, cancellationToken), cancellationToken);
    }
}
