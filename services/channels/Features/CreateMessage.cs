using Relais.Channels.Domain;
using Relais.Channels.Grpc;
using Relais.Channels.Talking;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Contracts.Channels;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

/// <summary>The customer says something in their conversation.</summary>
internal sealed class CreateMessage(Talk talk, CallerContext caller, TimeProvider clock)
{
    public async Task<Outcome<Proto.Message>> HandleAsync(Proto.CreateMessageRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Text(request.Text, "text").Failure is { } wrong)
            return wrong;
        var own = caller.Caller.Own(request.ConversationId);
        if (own.Failure is { } denied)
            return denied;
        return await talk.OnceAsync<Proto.Message>(own.Value, request.RequestId, request, (conversation, turn) =>
        {
            var now = clock.Now();
            var said = conversation.CustomerSays(request.Text, now);
            if (said.Failure is { } failure)
                return failure;
            var message = said.Value;
            turn.Add(conversation, message);
            turn.Publish(
                conversation,
                new CustomerMessageReceived(conversation.Id, message.Id, message.Sequence, message.Text, conversation.TicketId, now, conversation.Locale), now);
            return message.ToProto(forCustomer: true);
        }, cancellationToken);
    }
}
