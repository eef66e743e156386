using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Features.Policies;

/// <summary>Replaces what a draft says. It has to be tried again before it can be activated.</summary>
internal sealed class UpdatePolicy(RoutingDb db, UnitOfWork<RoutingDb> unit, PolicyReader policies)
{
    public async Task<Outcome<Policy>> HandleAsync(UpdatePolicyRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Id(request.Id, "id").Failure is { } malformed)
            return malformed;
        var id = Guid.Parse(request.Id);
        return await unit.OnceAsync<Policy>(request.RequestId, request, async ct =>
        {
            if (await db.Policies.FirstOrDefaultAsync(policy => policy.Id == id, ct) is not { } row)
                return PolicyReader.Unknown(request.Id);
            if (Etags.Check(request.Etag, row, "policy") is { } stale)
                return stale;
            if (row.State != PolicyState.Draft)
                return Failure.Precondition("policy.not_draft", "Only a draft can be changed. Create a new version with POST /v1/routingPolicies.");
            var check = new Check();
            var definition = new PolicyForm(row.Group, await policies.BookAsync(ct), check).Read(request.Definition);
            if (check.Failure is { } invalid)
                return invalid;
            (row.Definition, row.DryRunAt) = (definition, null);
            await db.SaveChangesAsync(ct);
            return await policies.OfAsync(row, ct);
        }, cancellationToken);
    }
}
