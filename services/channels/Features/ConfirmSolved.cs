using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Grpc;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Channels;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

/// <summary>
/// The customer says that the matter is solved: self-care ends the conversation; with a ticket, tickets resolves it and the
/// conversation stays open for the survey.
/// </summary>
internal sealed class ConfirmSolved(ChannelsDb db, UnitOfWork<ChannelsDb> unit, CallerContext caller, TimeProvider clock)
{
    public async Task<Outcome<Proto.Conversation>> HandleAsync(Proto.ConfirmSolvedRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Failure is { } wrong)
            return wrong;
        var own = caller.Caller.Own(request.Id);
        if (own.Failure is { } denied)
            return denied;
        return await unit.OnceAsync<Proto.Conversation>(request.RequestId, request, async ct =>
        {
            if (await db.FindAsync(own.Value, ct) is not { } conversation)
                return ConversationFailures.NotFound;
            var now = clock.Now();
            if (conversation.ConfirmSolved(now))
            {
                db.Publish(new ConversationSolved(conversation.Id, conversation.TicketId, now), now, conversation.TraceParent);
                await db.SaveChangesAsync(ct);
                unit.AfterCommit(() => ChannelsTelemetry.Solved(bySelfCare: conversation.TicketId is null));
            }

            return conversation.ToProto();
        }, cancellationToken);
    }
}
