using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Skills;

/// <summary>Teams in the order in which they were formed; of those that have dissolved, the latest thousand.</summary>
internal sealed class ListTeams(RoutingDb db, TeamReader teams)
{
    private const int MostDissolved = 1_000;

    public async Task<Outcome<ListTeamsResponse>> HandleAsync(ListTeamsRequest request, CancellationToken cancellationToken)
    {
        var rows = await db.Teams.AsNoTracking().Where(row => row.DissolvedAt == null).ToListAsync(cancellationToken);
        if (request.IncludeDissolved)
        {
            rows.AddRange(await db.Teams.AsNoTracking().Where(row => row.DissolvedAt != null)
                .OrderByDescending(row => row.FormedAt).Take(MostDissolved).ToListAsync(cancellationToken));
        }

        var response = new ListTeamsResponse();
        response.Teams.AddRange(await teams.OfAsync([.. rows.OrderBy(row => row.FormedAt).ThenBy(row => row.Id)], cancellationToken));
        return response;
    }
}
