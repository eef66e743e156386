using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contracts.Tickets.V1;
using Relais.Tickets.Features;

namespace Relais.Tickets.Grpc;

internal sealed class TicketsGrpc(
    GetTicket getTicket, ListTickets listTickets, CreateReply createReply, ResolveTicket resolveTicket, ReopenTicket reopenTicket,
    PutCannedReply putCannedReply, ListCannedReplies listCannedReplies)
    : Contracts.Tickets.V1.Tickets.TicketsBase
{
    public override Task<Ticket> GetTicket(GetTicketRequest request, ServerCallContext context) =>
        getTicket.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListTicketsResponse> ListTickets(ListTicketsRequest request, ServerCallContext context) =>
        listTickets.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ThreadEntry> CreateReply(CreateReplyRequest request, ServerCallContext context) =>
        createReply.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Ticket> ResolveTicket(ResolveTicketRequest request, ServerCallContext context) =>
        resolveTicket.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<Ticket> ReopenTicket(ReopenTicketRequest request, ServerCallContext context) =>
        reopenTicket.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<CannedReply> PutCannedReply(PutCannedReplyRequest request, ServerCallContext context) =>
        putCannedReply.HandleAsync(request, context.CancellationToken).OrThrow();

    public override Task<ListCannedRepliesResponse> ListCannedReplies(ListCannedRepliesRequest request, ServerCallContext context) =>
        listCannedReplies.HandleAsync(request, context.CancellationToken).OrThrow();
}
