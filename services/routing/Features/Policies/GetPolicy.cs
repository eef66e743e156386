using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Policies;

/// <summary>One version of a group's policy.</summary>
internal sealed class GetPolicy(RoutingDb db, PolicyReader policies)
{
    public async Task<Outcome<Policy>> HandleAsync(GetPolicyRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").Failure is { } invalid)
            return invalid;
        var id = Guid.Parse(request.Id);
        return await db.Policies.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken) is { } row
            ? await policies.OfAsync(row, cancellationToken)
            : PolicyReader.Unknown(request.Id);
    }
}
