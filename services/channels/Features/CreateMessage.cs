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

/// <summary>The customer says something in their conversation.</summary>
internal sealed class CreateMessage(ChannelsDb db, UnitOfWork<ChannelsDb> unit, Talk talk, CallerContext caller, TimeProvider clock)
{
    public async Task<Outcome<Proto.Message>> HandleAsync(Proto.CreateMessageRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Text(request.Text, "text").Failure is { } wrong)
            return wrong;
        var own = caller.Caller.Own(request.ConversationId);
        if (own.Failure is { } denied)
            return denied;
        return await unit.OnceAsync<Proto.Message>(request.RequestId, request, async ct =>
        {
            if (await db.FindAsync(own.Value, ct) is not { } conversation)
                return ConversationFailures.NotFound;
            var now = clock.Now();
            var said = conversation.CustomerSays(request.Text, now);
            if (said.Failure is { } failure)
                return failure;
            var message = said.Value;
            talk.Add(conversation, message);
            db.Publish(new CustomerMessageReceived(conversation.Id, message.Id, message.Sequence, message.Text, conversation.TicketId, now), now);
            return message.ToProto();
        }, cancellationToken);
    }
}
