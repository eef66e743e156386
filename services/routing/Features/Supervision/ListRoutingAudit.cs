using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Supervision;

/// <summary>What was done to routing by hand, newest first.</summary>
internal sealed class ListRoutingAudit(RoutingDb db)
{
    public async Task<Outcome<ListRoutingAuditResponse>> HandleAsync(ListRoutingAuditRequest request, CancellationToken cancellationToken)
    {
        var after = Paging.IdOf(request.PageToken);
        if (after.Failure is { } badToken)
            return badToken;
        var query = db.Audit.AsNoTracking();
        if (after.Value is { } last)
            query = query.Where(row => row.Id < last);
        var size = Paging.Size(request.PageSize);
        var rows = await query.OrderByDescending(row => row.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new ListRoutingAuditResponse();
        response.Entries.AddRange(rows.Take(size).Select(row => new ListRoutingAuditResponse.Types.AuditEntry
        {
            Id = row.Id.ToString(), At = row.At.ToTimestamp(), By = row.By, Action = row.Action, Subject = row.Subject,
            ExpertId = row.ExpertId?.ToString() ?? "", Reason = row.Reason,
        }));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Id.ToString());
        return response;
    }
}
