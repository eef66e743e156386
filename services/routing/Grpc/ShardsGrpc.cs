using Grpc.Core;
using Relais.Common.Failures;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Passing;
using Proto = Relais.Contracts.Routing.V1.Shards;

namespace Relais.Routing.Grpc;

/// <summary>Takes events that other replicas have received.</summary>
internal sealed class ShardsGrpc(IEnumerable<Subscription> subscriptions, CallerContext caller) : Proto.ShardsBase
{
    public override async Task<DeliverResponse> Deliver(DeliverRequest request, ServerCallContext context)
    {
        var subscription = subscriptions.FirstOrDefault(known => known.Consumer == request.Consumer && known.EventName == request.Event);
        if (subscription is null || !Guid.TryParse(request.RequestId, out var message) || caller.TenantId is not { Length: > 0 } tenant)
            throw Failure.Invalid("event.unknown", "This version of routing has no such consumer, or the message has no id or no tenant.").ToRpcException();
        var envelope = new EventEnvelope(
            message, request.Event, tenant, request.Key, request.Payload, request.TraceParent.Length > 0 ? request.TraceParent : null,
            request.OccurredAt.ToDateTimeOffset());
        await PassOnEvents.ReceiveAsync(() => subscription.Deliver(envelope, context.CancellationToken));
        return new DeliverResponse();
    }
}
