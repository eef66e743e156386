using Microsoft.EntityFrameworkCore;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Grpc;
using Relais.Common.Failures;
using Relais.Common.Security;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

internal sealed class GetConversation(ChannelsDb db, CallerContext caller)
{
    public async Task<Outcome<Proto.Conversation>> HandleAsync(Proto.GetConversationRequest request, CancellationToken cancellationToken)
    {
        var readable = caller.Caller.Readable(request.Id);
        if (readable.Failure is { } failure)
            return failure;
        var id = readable.Value;
        var conversation = await db.Conversations.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken);
        return conversation is null ? ConversationFailures.NotFound : conversation.ToProto();
    }
}
