using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Surveys.Data;
using Relais.Surveys.Grpc;
using Proto = Relais.Contracts.Surveys.V1;

namespace Relais.Surveys.Features;

/// <summary>Surveys and their answers, newest first.</summary>
internal sealed class ListSurveys(SurveysDb db)
{
    public async Task<Outcome<Proto.ListSurveysResponse>> HandleAsync(Proto.ListSurveysRequest request, CancellationToken cancellationToken)
    {
        var terms = FilterTerms.Parse(request.Filter, "ticket", "state");
        if (terms.Failure is { } unfit)
            return unfit;
        var query = db.Surveys.AsNoTracking();
        if (terms.Value.TryGetValue("ticket", out var ticket))
        {
            if (!Guid.TryParse(ticket, out var ticketId))
                return Misunderstood("ticket", ticket, "A ticket is named by its id (a UUID).");
            query = query.Where(survey => survey.TicketId == ticketId);
        }

        if (terms.Value.TryGetValue("state", out var state))
        {
            switch (state.ToUpperInvariant())
            {
                case "SENT":
                    query = query.Where(survey => survey.AnsweredAt == null);
                    break;
                case "ANSWERED":
                    query = query.Where(survey => survey.AnsweredAt != null);
                    break;
                default:
                    return Misunderstood("state", state, "A state is SENT or ANSWERED.");
            }
        }

        var after = Paging.IdOf(request.PageToken);
        if (after.Failure is { } bad)
            return bad;
        if (after.Value is { } before)
            query = query.Where(survey => survey.Id.CompareTo(before) < 0);
        var size = Paging.Size(request.PageSize);
        var rows = await query.OrderByDescending(survey => survey.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new Proto.ListSurveysResponse();
        response.Surveys.AddRange(rows.Take(size).Select(survey => survey.ToMessage()));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Id.ToString());
        return response;
    }

    private static Failure Misunderstood(string key, string value, string expected) => Failure.Invalid(
        "filter.invalid", $"'{key}:{value}' is not understood. {expected}", new FieldViolation("filter", $"'{value}' is no {key}."));
}
