using Microsoft.EntityFrameworkCore;
using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Grpc;
using Relais.Common.Coordination;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

/// <summary>Reads on in a conversation, and waits for the next message when asked to.</summary>
internal sealed class ListMessages(ChannelsDb db, LongPoll longPoll, CallerContext caller)
{
    public async Task<Outcome<Proto.ListMessagesResponse>> HandleAsync(Proto.ListMessagesRequest request, CancellationToken cancellationToken)
    {
        var check = new Check()
            .That(request.AfterSequence >= 0, "afterSequence", "must be 0 or more.")
            .That(request.WaitSeconds >= 0, "waitSeconds", "must be 0 or more.");
        if (check.Failure is { } wrong)
            return wrong;
        var readable = caller.Caller.Readable(request.ConversationId);
        if (readable.Failure is { } denied)
            return denied;
        var id = readable.Value;
        // A customer's token proves that their conversation exists; others may name any id.
        if (caller.Caller.Kind != CallerKind.Customer && !await db.Conversations.AnyAsync(row => row.Id == id, cancellationToken))
            return ConversationFailures.NotFound;
        var messages = await longPoll.ReadAsync(
            Topics.Conversation(id),
            LongPoll.WaitOf(request.WaitSeconds),
            ct => db.ReadOnAsync(id, request.AfterSequence, Paging.Size(request.PageSize), ct),
            found => found.Count > 0,
            cancellationToken);
        var response = new Proto.ListMessagesResponse();
        response.Messages.AddRange(messages.Select(message => message.ToProto(forCustomer: caller.Caller.Kind == CallerKind.Customer)));
        return response;
    }
}
