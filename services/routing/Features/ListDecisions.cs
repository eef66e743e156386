using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Grpc;

namespace Relais.Routing.Features;

/// <summary>Why a ticket went where it went: told in the language of an expert who asks, else in that of the matter.</summary>
internal sealed class ListDecisions(RoutingDb db, CallerContext caller)
{
    public async Task<Outcome<ListDecisionsResponse>> HandleAsync(ListDecisionsRequest request, CancellationToken cancellationToken)
    {
        var items = db.WorkItems.AsNoTracking();
        var item = Guid.TryParse(request.TicketId, out var id)
            ? await items.FirstOrDefaultAsync(row => row.Id == id, cancellationToken)
            : await items.FirstOrDefaultAsync(row => row.Number == request.TicketId, cancellationToken);
        if (item is null)
            return Failure.NotFound("ticket.not_found", "Routing knows no such ticket. Give its id or its number (T-1042).");
        var me = caller.Caller.SubjectId;
        var locale = await db.Experts.AsNoTracking().Where(row => row.Id == me).Select(row => row.Locale).FirstOrDefaultAsync(cancellationToken);
        var rows = await db.Decisions.AsNoTracking().Where(row => row.ItemId == item.Id)
            .OrderBy(row => row.At).ThenBy(row => row.Ordinal).ToListAsync(cancellationToken);
        var response = new ListDecisionsResponse();
        response.Decisions.AddRange(rows.Select(row => DecisionView.Of(row.Decision, locale ?? item.Language)));
        return response;
    }
}
