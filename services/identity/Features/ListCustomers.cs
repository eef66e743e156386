using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

internal sealed class ListCustomers(IdentityDb db)
{
    public async Task<Outcome<Proto.ListCustomersResponse>> HandleAsync(Proto.ListCustomersRequest request, CancellationToken cancellationToken)
    {
        var after = Paging.IdOf(request.PageToken);
        if (after.Failure is { } failure)
            return failure;
        var terms = FilterTerms.Parse(request.Filter, ContactAddress.Email, ContactAddress.Phone);
        if (terms.Failure is { } unreadable)
            return unreadable;
        var size = Paging.Size(request.PageSize);
        var last = after.Value ?? Guid.Empty;
        var customers = db.Customers.AsNoTracking().Include(row => row.ContactPoints).Where(row => row.Id > last);
        foreach (var (kind, value) in terms.Value)
        {
            if (ContactAddress.Normalise(kind, value) is not { } address)
                return new Check().That(false, "filter", $"'{value}' is not an address of the kind {kind}.").Failure!;
            customers = customers.Where(row => row.ContactPoints.Any(point => point.Kind == kind && point.Address == address));
        }

        var rows = await customers.OrderBy(row => row.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new Proto.ListCustomersResponse();
        response.Customers.AddRange(rows.Take(size).Select(row => row.ToProto()));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Id.ToString());
        return response;
    }
}
