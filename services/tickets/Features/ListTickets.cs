using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Tickets.Data;
using Relais.Tickets.Domain;
using Relais.Tickets.Grpc;
using Proto = Relais.Contracts.Tickets.V1;

namespace Relais.Tickets.Features;

/// <summary>Tickets, newest first.</summary>
internal sealed class ListTickets(TicketsDb db, CallerContext caller)
{
    public async Task<Outcome<Proto.ListTicketsResponse>> HandleAsync(Proto.ListTicketsRequest request, CancellationToken cancellationToken)
    {
        var query = db.Tickets.AsNoTracking();
        if (Narrow(ref query, request.Filter) is { } unfit)
            return unfit;
        var before = NumberOf(request.PageToken);
        if (before.Failure is { } bad)
            return bad;
        if (before.Value is { } number)
            query = query.Where(ticket => ticket.Number < number);
        var size = Paging.Size(request.PageSize);
        var rows = await query.OrderByDescending(ticket => ticket.Number).Take(size + 1).ToListAsync(cancellationToken);
        var response = new Proto.ListTicketsResponse();
        response.Tickets.AddRange(rows.Take(size).Select(ticket => ticket.ToSummary()));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Number.ToString(CultureInfo.InvariantCulture));
        return response;
    }

    /// <returns>What is wrong with the filter; null when it narrowed the query.</returns>
    private Failure? Narrow(ref IQueryable<Ticket> query, string filter)
    {
        var terms = FilterTerms.Parse(filter, "state", "priority", "expert", "customer");
        if (terms.Failure is { } failure)
            return failure;
        foreach (var (key, value) in terms.Value)
        {
            switch (key)
            {
                case "state" when Word<TicketState>(value) is { } state:
                    query = query.Where(ticket => ticket.State == state);
                    break;
                case "priority" when Word<TicketPriority>(value) is { } priority:
                    query = query.Where(ticket => ticket.Priority == priority);
                    break;
                case "expert":
                    var expert = caller.ResolveMe(value, "filter");
                    if (expert.Failure is { } nobody)
                        return nobody;
                    var expertId = expert.Value;
                    query = query.Where(ticket => ticket.ExpertId == expertId);
                    break;
                case "customer" when Guid.TryParse(value, out var customerId):
                    query = query.Where(ticket => ticket.CustomerId == customerId);
                    break;
                default:
                    return Failure.Invalid("filter.invalid", $"'{key}:{value}' is not understood. {Expected(key)}",
                        new FieldViolation("filter", $"'{value}' is no {key}."));
            }
        }

        return null;
    }

    // The words of the contract; not the numbers that Enum.Parse would take too.
    private static TEnum? Word<TEnum>(string value) where TEnum : struct, Enum
    {
        foreach (var known in Enum.GetValues<TEnum>())
        {
            if (known.ToString().Equals(value, StringComparison.OrdinalIgnoreCase))
                return known;
        }

        return null;
    }

    private static string Expected(string key) => key switch
    {
        "state" => "A state is one of " + Words<TicketState>(),
        "priority" => "A priority is one of " + Words<TicketPriority>(),
        _ => "A customer is named by an id (a UUID).",
    };

    private static string Words<TEnum>() where TEnum : struct, Enum => string.Join(", ", Enum.GetNames<TEnum>()).ToUpperInvariant() + ".";

    private static Outcome<int?> NumberOf(string token)
    {
        var key = Paging.KeyOf(token);
        if (key.Failure is { } failure)
            return failure;
        if (key.Value is null)
            return (int?)null;
        return int.TryParse(key.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : Failure.Invalid("page_token.invalid", "The page token is not one that this list gave. Start again without a token.",
                new FieldViolation("pageToken", "is not a token of this list."));
    }
}
