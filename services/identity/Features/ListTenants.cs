using Relais.Common.Failures;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

internal sealed class ListTenants(Tenants tenants)
{
    public async Task<Outcome<Proto.ListTenantsResponse>> HandleAsync(CancellationToken cancellationToken)
    {
        var response = new Proto.ListTenantsResponse();
        response.Tenants.AddRange(await tenants.ReadAsync(cancellationToken));
        return response;
    }
}
