using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;

namespace Relais.Routing.Features;

/// <summary>Active experts, in the order in which they joined.</summary>
internal sealed class ListExperts(RoutingDb db)
{
    public async Task<Outcome<ListExpertsResponse>> HandleAsync(ListExpertsRequest request, CancellationToken cancellationToken)
    {
        var after = Paging.IdOf(request.PageToken);
        if (after.Failure is { } badToken)
            return badToken;
        var terms = FilterTerms.Parse(request.Filter, "presence", "skill");
        if (terms.Failure is { } badFilter)
            return badFilter;
        var query = db.Experts.AsNoTracking().Include(expert => expert.Skills).Where(expert => expert.Active);
        if (terms.Value.TryGetValue("presence", out var word))
        {
            if (ExpertView.PresenceOf(word) is not { } presence)
            {
                return Failure.Invalid("filter.invalid", $"'{word}' is no presence. Use AVAILABLE, AWAY or OFFLINE.",
                    new FieldViolation("filter", $"'{word}' is no presence."));
            }

            query = query.Where(expert => expert.Presence == presence);
        }

        if (terms.Value.TryGetValue("skill", out var skill))
        {
            var key = ExpertSkillRow.KeyOf(skill);
            query = query.Where(expert => expert.Skills.Any(row => row.Key == key && row.Level > Level.None));
        }

        if (after.Value is { } last)
            query = query.Where(expert => expert.Id > last);
        var size = Paging.Size(request.PageSize);
        var rows = await query.OrderBy(expert => expert.Id).Take(size + 1).ToListAsync(cancellationToken);
        var response = new ListExpertsResponse();
        response.Experts.AddRange(rows.Take(size).Select(ExpertView.Of));
        if (rows.Count > size)
            response.NextPageToken = Paging.TokenAfter(rows[size - 1].Id.ToString());
        return response;
    }
}
