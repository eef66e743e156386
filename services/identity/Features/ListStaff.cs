using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Identity.Data;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

internal sealed class ListStaff(IdentityDb db)
{
    public async Task<Outcome<Proto.ListStaffResponse>> HandleAsync(Proto.ListStaffRequest request, CancellationToken cancellationToken)
    {
        var after = Paging.IdOf(request.PageToken);
        if (after.Failure is { } failure)
            return failure;
        var size = Paging.Size(request.PageSize);
        var last = after.Value ?? Guid.Empty;
        var rows = await db.Staff.AsNoTracking().Where(row => row.Id > last).OrderBy(row => row.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new Proto.ListStaffResponse();
        response.Staff.AddRange(rows.Take(size).Select(row => row.ToProto()));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Id.ToString());
        return response;
    }
}
