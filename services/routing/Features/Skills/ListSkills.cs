using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Skills;

/// <summary>The whole catalogue, by name.</summary>
internal sealed class ListSkills(RoutingDb db)
{
    public async Task<Outcome<ListSkillsResponse>> HandleAsync(CancellationToken cancellationToken)
    {
        var response = new ListSkillsResponse();
        foreach (var row in await db.Skills.AsNoTracking().OrderBy(row => row.Key).ToListAsync(cancellationToken))
            response.Skills.Add(CatalogueReader.Of(row));
        return response;
    }
}
