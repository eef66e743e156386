using Microsoft.EntityFrameworkCore;
using Relais.Channels.Connectors;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

/// <summary>The customer asks for a person. However often they do, it is one ticket.</summary>
internal sealed class RequestExpert(
    ChannelsDb db, UnitOfWork<ChannelsDb> unit, HandOver handOver, ChannelCatalogue channels, LongPoll longPoll, CallerContext caller,
    ChannelsOptions options, TimeProvider clock)
{
    /// <summary>Characters of a reason.</summary>
    public const int LongestReason = 2_000;

    public async Task<Outcome<Proto.RequestExpertResponse>> HandleAsync(Proto.RequestExpertRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Text(request.Reason, "reason", LongestReason, required: false).Failure is { } wrong)
            return wrong;
        if (request.PreferredChannel.Length > 0 && !channels.ReachingExperts.Contains(request.PreferredChannel, StringComparer.Ordinal))
            return ConversationFailures.UnknownChannel("preferredChannel", request.PreferredChannel, channels.ReachingExperts);
        var own = caller.Caller.Own(request.Id);
        if (own.Failure is { } denied)
            return denied;
        var id = own.Value;
        var answer = await unit.OnceAsync<Proto.RequestExpertResponse>(request.RequestId, request, async ct =>
        {
            if (await db.FindAsync(id, ct) is not { } conversation)
                return ConversationFailures.NotFound;
            if (conversation.State == ConversationState.Closed)
                return ConversationFailures.Closed;
            var ticketId = conversation.TicketId
                ?? await handOver.RunAsync(conversation, HandOverCause.Customer, request.Reason, request.PreferredChannel, clock.Now(), ct);
            return new Proto.RequestExpertResponse { TicketId = ticketId.ToString() };
        }, cancellationToken);
        if (answer.Failure is null)
            await WaitForTicketAsync(id, cancellationToken);
        return answer;
    }

    // The ticket is opened by an event; a caller who reads it right away should find it.
    private async Task WaitForTicketAsync(Guid id, CancellationToken cancellationToken) => await longPoll.ReadAsync(
        Topics.Conversation(id),
        options.TicketPatience,
        ct => db.Conversations.Where(row => row.Id == id).Select(row => row.TicketNumber).FirstOrDefaultAsync(ct),
        number => number is { Length: > 0 },
        cancellationToken);
}
