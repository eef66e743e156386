using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Grpc;

namespace Relais.Routing.Features.Policies;

/// <summary>Policies as the contract shows them, with what deserves a second look as catalogue and experts are now.</summary>
internal sealed class PolicyReader(RoutingDb db, RoutingOptions options, TimeProvider clock)
{
    public static Failure Unknown(string id) => Failure.NotFound("policy.not_found", $"There is no policy {id}. GET /v1/routingPolicies lists them.");

    public Task<RoutingBook> BookAsync(CancellationToken cancellationToken) => db.BookAsync(options.ToPolicy(), cancellationToken);

    /// <summary>Those who take work, with the levels that count now.</summary>
    public async Task<IReadOnlyList<ExpertProfile>> ExpertsAsync(RoutingBook book, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await db.Experts.AsNoTracking().Include(row => row.Skills).Where(row => row.Active).ToListAsync(cancellationToken);
        return rows.ConvertAll(row => book.Qualify(row.ToProfile(), now));
    }

    /// <summary>The same for a replay: what certificates will do later did not happen in the period.</summary>
    public async Task<IReadOnlyList<ExpertProfile>> ExpertsOfPastAsync(RoutingBook book, CancellationToken cancellationToken) =>
        [.. (await ExpertsAsync(book, cancellationToken)).Select(expert => expert with { Later = [] })];

    public async Task<Policy> OfAsync(PolicyRow row, CancellationToken cancellationToken) => (await OfAsync([row], cancellationToken))[0];

    public async Task<IReadOnlyList<Policy>> OfAsync(IReadOnlyList<PolicyRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return [];
        var book = await BookAsync(cancellationToken);
        var experts = await ExpertsAsync(book, cancellationToken);
        // Of what has retired nothing comes any more.
        return
        [
            .. rows.Select(row => PolicyView.Of(row, row.State == PolicyState.Retired ? [] : PolicyWarnings.Of(row.Group, row.Definition, book, experts))),
        ];
    }
}
