using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>A ticket with all that was said and tried.</summary>
internal sealed class GetTicket(TicketsDb db)
{
    public async Task<Outcome<Proto.Ticket>> HandleAsync(Proto.GetTicketRequest request, CancellationToken cancellationToken)
    {
        var name = TicketName.Parse(request.Id, "id");
        if (name.Failure is { } failure)
            return failure;
        var ticket = await name.Value.Select(db.Tickets.AsNoTracking()).SingleOrDefaultAsync(cancellationToken);
        if (ticket is null)
            return name.Value.NotFound();
        return ticket.ToMessage(await db.ThreadAsync(ticket, cancellationToken));
    }
}
