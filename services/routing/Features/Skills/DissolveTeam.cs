using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Shards;
using ProtoTeam = Relais.Contracts.Routing.V1.Team;

namespace Relais.Routing.Features.Skills;

/// <summary>Ends a team. Its matters go on by the teams that are left.</summary>
internal sealed class DissolveTeam(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, TeamReader teams, Audit audit)
{
    public async Task<Outcome<ProtoTeam>> HandleAsync(DissolveTeamRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Id(request.Id, "id").Failure is { } invalid)
            return invalid;
        var id = Guid.Parse(request.Id);
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoTeam>(request.RequestId, request, async ct =>
        {
            if (await db.Teams.FirstOrDefaultAsync(team => team.Id == id, ct) is not { } row)
                return Failure.NotFound("team.not_found", $"There is no team {request.Id}. GET /v1/teams lists them.");
            if (row.DissolvedAt is null)
            {
                row.DissolvedAt = turn.Now;
                audit.Note(turn.Now, Audit.TeamDissolved, row.Name);
                await turn.RenewAsync(ct);
            }

            return await teams.OfAsync(row, ct);
        }, cancellationToken), cancellationToken);
    }
}
