using Relais.Common.Messaging;
using Relais.Contracts;
using Relais.Routing.Shards;

namespace Relais.Routing.Passing;

/// <summary>Deals with an event where the shard of its tenant is owned: together with other inputs where it can be, else alone.</summary>
internal abstract class ShardConsumer<TEvent>(Inbox inbox, Shard shard, PassOnEvents events, TimeProvider clock) : EventConsumer<TEvent>(inbox)
    where TEvent : class, IEvent
{
    protected Shard Shard => shard;

    protected sealed override Task HandleAsync(TEvent @event, CancellationToken cancellationToken) => events.RunAsync(
        Delivery, $"routing/{GetType().Name}", @event, () => TakeAsync(@event, cancellationToken), cancellationToken);

    /// <summary>What the event comes to in a group; null for what has to be done alone.</summary>
    protected virtual GroupedInput? Grouped(TEvent @event, InboxEntry delivery) => null;

    /// <summary>Deals with it in a transaction of its own.</summary>
    protected abstract Task AloneAsync(TEvent @event, CancellationToken cancellationToken);

    private async Task TakeAsync(TEvent @event, CancellationToken cancellationToken)
    {
        if (Grouped(@event, DealtWith(clock.GetUtcNow())) is not { } grouped || !await shard.TogetherAsync(grouped, cancellationToken))
            await AloneAsync(@event, cancellationToken);
    }
}
