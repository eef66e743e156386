using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Simulation;

namespace Relais.Routing.Features.Policies;

/// <summary>Tries a policy on the tenant's own history, next to what is active, and notes that it was tried as it is.</summary>
internal sealed class DryRunPolicy(RoutingDb db, UnitOfWork<RoutingDb> unit, PolicyReader policies, HistoryReader history, TimeProvider clock)
{
    private const int UsualDays = 7;
    private const int LongestDays = 90;
    private const int MostMatters = 20_000;

    public async Task<Outcome<DryRunPolicyResponse>> HandleAsync(DryRunPolicyRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Id(request.Id, "id")
            .That(request.Days is >= 0 and <= LongestDays, "days", $"must be from 1 to {LongestDays}.").Failure is { } invalid)
            return invalid;
        var id = Guid.Parse(request.Id);
        if (await db.Policies.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellationToken) is not { } tried)
            return PolicyReader.Unknown(request.Id);
        if (tried.State == PolicyState.Active)
            return Failure.Precondition("policy.already_active", "This version is active: there is nothing to compare it with. Try a draft.");
        var days = request.Days == 0 ? UsualDays : request.Days;
        var response = await TryAsync(tried, days, cancellationToken);
        return await unit.OnceAsync<DryRunPolicyResponse>(request.RequestId, request, async ct =>
        {
            if (await db.Policies.FirstOrDefaultAsync(row => row.Id == id, ct) is not { } row || row.Revision != tried.Revision)
                return Failure.Stale("policy");
            row.DryRunAt = clock.GetUtcNow();
            await db.SaveChangesAsync(ct);
            response.PolicyEtag = Etags.Of(row);
            return response;
        }, cancellationToken);
    }

    private async Task<DryRunPolicyResponse> TryAsync(PolicyRow tried, int days, CancellationToken cancellationToken)
    {
        var book = (await policies.BookAsync(cancellationToken)).WithoutPauses();
        var experts = await policies.ExpertsOfPastAsync(book, cancellationToken);
        var matters = await history.ReadAsync(book, clock.GetUtcNow().AddDays(-days), MostMatters, cancellationToken);
        var active = HistoryReplay.Of(book, experts, matters, cancellationToken);
        var draft = HistoryReplay.Of(book.With(new GroupPolicy(tried.Group, tried.Definition)), experts, matters, cancellationToken);
        var response = new DryRunPolicyResponse { Matters = matters.Count };
        response.Figures.AddRange(active.Where(figure => draft.ContainsKey(figure.Key))
            .Select(figure => new DryRunPolicyResponse.Types.Figure { Name = figure.Key, Active = figure.Value, Draft = draft[figure.Key] }));
        response.Warnings.AddRange(PolicyWarnings.Of(tried.Group, tried.Definition, book, experts));
        if (matters.Count == 0)
            response.Warnings.Add($"No matter came in the last {days} days, so there is nothing to compare.");
        return response;
    }
}
