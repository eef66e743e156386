using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Shards;
using Proto = Relais.Contracts.Routing.V1.Shards;

namespace Relais.Routing.Passing;

/// <summary>Takes an event to the shard's owner; whoever brought it hears when its effect is committed there.</summary>
internal sealed class PassOnEvents(ShardOwnership ownership, ServiceAddresses addresses, ServiceCredentials credentials, TimeProvider clock)
{
    // A group of inputs commits in milliseconds; a shard that is being read takes longer.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private static readonly AsyncLocal<bool> WasPassedOn = new();

    /// <summary>Does what an event asks for, here or by passing it on.</summary>
    public Task RunAsync<TEvent>(Delivery delivery, string consumer, TEvent @event, Func<Task> here, CancellationToken cancellationToken)
        where TEvent : class, IEvent => WasPassedOn.Value
        ? here()
        : ownership.RunAsync(
            async () =>
            {
                await here();
                return true;
            },
            (owner, stop) => DeliverAsync(owner, delivery, consumer, @event, stop), isSafe: true, cancellationToken);

    /// <summary>What happens within stays here, or fails.</summary>
    public static async Task ReceiveAsync(Func<Task> deliver)
    {
        WasPassedOn.Value = true;
        await deliver();
    }

    private async Task<bool> DeliverAsync<TEvent>(Uri owner, Delivery delivery, string consumer, TEvent @event, CancellationToken stop)
        where TEvent : class, IEvent
    {
        var now = clock.GetUtcNow();
        var headers = new Metadata { { PassOnCalls.Header, "1" }, { Delivery.TenantHeader, delivery.TenantId } };
        await new Proto.ShardsClient(addresses.ChannelTo(owner).Intercept(credentials)).DeliverAsync(
            new DeliverRequest
            {
                RequestId = delivery.MessageId.ToString(),
                Consumer = consumer,
                Event = TEvent.WireName,
                Payload = EventCatalogue.Serialize(@event),
                Key = @event.Key,
                TraceParent = Activity.Current?.Id ?? "",
                OccurredAt = now.ToTimestamp(),
            },
            headers, (now + Deadline).UtcDateTime, stop);
        return true;
    }
}
