using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Policies;

/// <summary>The versions of every group's policy, or of one group's, the newest first.</summary>
internal sealed class ListPolicies(RoutingDb db, PolicyReader policies)
{
    private const int Most = 1_000;

    public async Task<Outcome<ListPoliciesResponse>> HandleAsync(ListPoliciesRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Text(request.Group, "group", PolicyRow.LongestGroup, required: false).Failure is { } invalid)
            return invalid;
        var query = db.Policies.AsNoTracking();
        if (request.Group.Length > 0)
            query = query.Where(row => row.Group == request.Group);
        var rows = await query.OrderBy(row => row.Group).ThenByDescending(row => row.Version).Take(Most).ToListAsync(cancellationToken);
        var response = new ListPoliciesResponse();
        response.Policies.AddRange(await policies.OfAsync(rows, cancellationToken));
        return response;
    }
}
