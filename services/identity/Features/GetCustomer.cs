using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Identity.Data;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

internal sealed class GetCustomer(IdentityDb db)
{
    public async Task<Outcome<Proto.Customer>> HandleAsync(Proto.GetCustomerRequest request, CancellationToken cancellationToken)
    {
        if (new Check().Id(request.Id, "id").Failure is { } failure)
            return failure;
        var id = Guid.Parse(request.Id);
        return await db.Customers.AsNoTracking().Include(row => row.ContactPoints).FirstOrDefaultAsync(row => row.Id == id, cancellationToken) is { } customer
            ? customer.ToProto()
            : NotFound(request.Id);
    }

    public static Failure NotFound(string id) => Failure.NotFound("customer.not_found", $"There is no customer '{id}'.");
}
