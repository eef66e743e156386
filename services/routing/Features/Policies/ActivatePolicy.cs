using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;

namespace Relais.Routing.Features.Policies;

/// <summary>
/// Has a group's work go by a version that was tried as it is, from now on; what waits is looked at again at once. The
/// version that was active retires, and can be activated again.
/// </summary>
internal sealed class ActivatePolicy(RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard, PolicyReader policies, Audit audit)
{
    public async Task<Outcome<Policy>> HandleAsync(ActivatePolicyRequest request, CancellationToken cancellationToken)
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
            var book = await policies.BookAsync(ct);
            if (Obstacle(row, book) is { } obstacle)
                return obstacle;
            if (await db.Policies.FirstOrDefaultAsync(policy => policy.Group == row.Group && policy.State == PolicyState.Active, ct) is { } former)
            {
                former.State = PolicyState.Retired;
                // Before the other becomes active: the database lets a group have one.
                await db.SaveChangesAsync(ct);
            }

            (row.State, row.ActivatedAt, row.ActivatedBy) = (PolicyState.Active, turn.Now, audit.Who);
            await db.ForgetStepsAsync(row.Group, engine, book.With(new GroupPolicy(row.Group, row.Definition)), ct);
            audit.Note(turn.Now, Audit.PolicyActivated, $"{row.Group} v{row.Version}");
            await turn.RenewAsync(ct);
            return await policies.OfAsync(row, ct);
        }, cancellationToken), cancellationToken);
    }

    private static Failure? Obstacle(PolicyRow row, RoutingBook book)
    {
        if (row.State == PolicyState.Active)
            return Failure.Precondition("policy.already_active", "This version is active already.");
        if (row.DryRunAt is null)
            return Failure.Precondition("policy.not_tried", "This version was not tried as it is. POST /v1/routingPolicies/{id}:dryRun first, and look at what it shows.");
        var check = new Check();
        new PolicyForm(row.Group, book, check).Read(PolicyView.Of(row.Definition));
        // What was right when it was written need not be right now: other groups and the catalogue have changed.
        return check.Failure is { } wrong
            ? Failure.Precondition("policy.no_longer_valid", $"The policy no longer fits: {string.Join(' ', wrong.Fields.Select(field => $"{field.Field}: {field.Message}"))}")
                with { Fields = wrong.Fields }
            : null;
    }
}
