using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Tickets.Data;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>The answers that experts can start from, in the order of their ids.</summary>
internal sealed class ListCannedReplies(TicketsDb db)
{
    public async Task<Outcome<Proto.ListCannedRepliesResponse>> HandleAsync(Proto.ListCannedRepliesRequest request, CancellationToken cancellationToken)
    {
        var terms = FilterTerms.Parse(request.Filter, "locale", "category");
        if (terms.Failure is { } unfit)
            return unfit;
        var after = Paging.KeyOf(request.PageToken);
        if (after.Failure is { } bad)
            return bad;
        var query = db.CannedReplies.AsNoTracking();
        if (terms.Value.GetValueOrDefault("locale") is { } locale)
            query = query.Where(row => row.Locale == locale);
        if (terms.Value.GetValueOrDefault("category") is { } category)
            query = query.Where(row => row.Category == category);
        if (after.Value is { } last)
            query = query.Where(row => row.Id.CompareTo(last) > 0);
        var size = Paging.Size(request.PageSize);
        var rows = await query.OrderBy(row => row.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new Proto.ListCannedRepliesResponse();
        response.CannedReplies.AddRange(rows.Take(size).Select(row => row.ToMessage()));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Id);
        return response;
    }
}
