using Microsoft.EntityFrameworkCore;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Grpc;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Features;

/// <summary>The tenant's conversations, newest first.</summary>
internal sealed class ListConversations(ChannelsDb db)
{
    private static readonly Dictionary<string, ConversationState> States = new(StringComparer.Ordinal)
    {
        ["SELF_CARE"] = ConversationState.SelfCare,
        ["WITH_EXPERT"] = ConversationState.WithExpert,
        ["RESOLVED"] = ConversationState.Resolved,
        ["CLOSED"] = ConversationState.Closed,
    };

    public async Task<Outcome<Proto.ListConversationsResponse>> HandleAsync(Proto.ListConversationsRequest request, CancellationToken cancellationToken)
    {
        var terms = FilterTerms.Parse(request.Filter, "customer", "state");
        if (terms.Failure is { } unclear)
            return unclear;
        var last = Paging.IdOf(request.PageToken);
        if (last.Failure is { } badToken)
            return badToken;

        var rows = db.Conversations.AsNoTracking();
        if (terms.Value.TryGetValue("customer", out var customer))
        {
            if (!Guid.TryParse(customer, out var customerId))
                return BadTerm($"'{customer}' is not a customer's id (a UUID).");
            rows = rows.Where(row => row.CustomerId == customerId);
        }

        if (terms.Value.TryGetValue("state", out var state))
        {
            if (!States.TryGetValue(state, out var wanted))
                return BadTerm($"'{state}' is not a state. Known: {string.Join(", ", States.Keys)}.");
            rows = rows.Where(row => row.State == wanted);
        }

        if (last.Value is { } before)
            rows = rows.Where(row => row.Id.CompareTo(before) < 0);
        var size = Paging.Size(request.PageSize);
        var page = await rows.OrderByDescending(row => row.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new Proto.ListConversationsResponse();
        response.Conversations.AddRange(page.Take(size).Select(Translate.ToProto));
        if (page.Count > size)
            response.NextPageToken = Paging.TokenAfter(page[size - 1].Id.ToString());
        return response;
    }

    private static Failure BadTerm(string message) => Failure.Invalid("filter.invalid", message, new FieldViolation("filter", message));
}
