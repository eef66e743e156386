using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Grpc;
using Relais.Routing.Shards;
using ProtoExpert = Relais.Contracts.Routing.V1.Expert;

namespace Relais.Routing.Features;

/// <summary>Comes, pauses or goes. Coming is given waiting work at once; going hands live offers on and keeps accepted work.</summary>
internal sealed class SetPresence(ExpertReader experts, RoutingDb db, UnitOfWork<RoutingDb> unit, Shard shard)
{
    public async Task<Outcome<ProtoExpert>> HandleAsync(SetPresenceRequest request, CancellationToken cancellationToken)
    {
        var presence = ExpertView.PresenceOf(request.State);
        if (new Check().That(presence is not null, "state", "must be AVAILABLE, AWAY or OFFLINE.").RequestId(request.RequestId)
            .Text(request.Reason, "reason", ExpertRow.LongestReason, required: false).Failure is { } invalid)
            return invalid;
        var id = experts.OwnOrManaged(request.Id, "id");
        if (id.Failure is { } notAllowed)
            return notAllowed;
        if (await experts.MissingAsync(id.Value, cancellationToken) is { } missing)
            return missing;
        return await shard.AloneAsync(turn => unit.OnceAsync<ProtoExpert>(request.RequestId, request, async ct =>
        {
            var engine = await turn.EngineAsync(ct);
            if (engine.FindExpert(id.Value) is not { Profile.Active: true })
                return experts.Unknown(id.Value);
            await turn.ApplyAsync(new Input.PresenceSet(turn.Now, id.Value, presence!.Value, request.Reason), ct);
            return await ExpertView.OfAsync(db, id.Value, ct);
        }, cancellationToken), cancellationToken);
    }
}
