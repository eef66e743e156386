using System.Collections.Frozen;

namespace Relais.Common.Messaging;

/// <summary>
/// Events between targets of one process: publishing calls every subscriber and completes when all have committed. What
/// keeps events over a restart is the outbox alone, so nothing here is lost with the process.
/// </summary>
public sealed class LocalDispatcher : IEventTransport
{
    private readonly List<Subscription> subscriptions = [];
    private readonly TaskCompletionSource<FrozenDictionary<string, Subscription[]>> opened =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Subscribe(Subscription subscription)
    {
        lock (subscriptions)
            subscriptions.Add(subscription);
    }

    /// <summary>Starts delivery: every target of the process has subscribed. Until then publishers wait.</summary>
    public void Open()
    {
        lock (subscriptions)
        {
            opened.TrySetResult(subscriptions
                .GroupBy(subscription => subscription.EventName, StringComparer.Ordinal)
                .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal));
        }
    }

    public Task WhenReachableAsync(CancellationToken cancellationToken) => opened.Task.WaitAsync(cancellationToken);

    public async Task PublishAsync(EventEnvelope envelope, CancellationToken cancellationToken)
    {
        var byName = await opened.Task.WaitAsync(cancellationToken);
        if (byName.TryGetValue(envelope.Name, out var subscribers))
            await Task.WhenAll(subscribers.Select(subscriber => subscriber.Deliver(envelope, cancellationToken)));
    }
}
