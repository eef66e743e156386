using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Shards;
using PolicyDefinition = Relais.Routing.Domain.Policies.PolicyDefinition;

namespace Relais.Routing.Features.Policies;

/// <summary>Ends a group: what it had goes by the default group from now on, and is looked at again at once.</summary>
internal sealed class RetirePolicy(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, PolicyReader policies, Audit audit)
{
    public async Task<Outcome<Policy>> HandleAsync(RetirePolicyRequest request, CancellationToken cancellationToken)
    {
        if (new Check().RequestId(request.RequestId).Id(request.Id, "id").Failure is { } malformed)
            return malformed;
        var id = Guid.Parse(request.Id);
        return await shard.AloneAsync(turn => unit.OnceAsync<Policy>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (await db.Policies.FirstOrDefaultAsync(policy => policy.Id == id, ct) is not { } row)
                return PolicyReader.Unknown(request.Id);
            if (Etags.Check(request.Etag, row, "policy") is { } stale)
                return stale;
            if (row.State != PolicyState.Active)
                return Failure.Precondition("policy.not_active", "Only the version that is active can be retired. GET /v1/routingPolicies shows which one that is.");
            if (await IsPausedAsync(row.Group, turn.Now, ct))
            {
                return Failure.Precondition("queue.paused",
                    $"The group '{row.Group}' is paused as a whole, and its matters would be offered at once. Pause those of its channels that shall stay paused (POST /v1/queues/{row.Group}:pause), which goes with them, and resume the group (:resume).");
            }

            var book = await policies.BookAsync(ct);
            row.State = PolicyState.Retired;
            await db.ForgetStepsAsync(row.Group, engine, book.Without(row.Group), ct);
            audit.Note(turn.Now, Audit.PolicyRetired, $"{row.Group} v{row.Version}");
            await turn.RenewAsync(ct);
            return await policies.OfAsync(row, ct);
        }, cancellationToken), cancellationToken);
    }

    // The group 'default' is there without a policy, and paused as before.
    private async Task<bool> IsPausedAsync(string group, DateTimeOffset now, CancellationToken cancellationToken) => group != PolicyDefinition.DefaultGroup
        && await db.Pauses.AnyAsync(pause => pause.Group == group && pause.Channel == "" && (pause.Until == null || pause.Until > now), cancellationToken);
}
