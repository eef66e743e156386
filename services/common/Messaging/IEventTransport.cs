namespace Relais.Common.Messaging;

/// <summary>Carries events between services: the process-local dispatcher, or a broker.</summary>
public interface IEventTransport
{
    /// <summary>
    /// Completes when the event can no longer be lost: every subscriber has committed its effect, or the broker has
    /// confirmed that it keeps it.
    /// </summary>
    /// <exception cref="TransportAwayException">Nothing gets through at the moment; the event is not at fault.</exception>
    Task PublishAsync(EventEnvelope envelope, CancellationToken cancellationToken);

    /// <summary>Completes when events get through, as far as is known: at once, or when what carries them is back.</summary>
    Task WhenReachableAsync(CancellationToken cancellationToken);

    /// <summary>Has a target's consumers called for each event they asked for.</summary>
    void Subscribe(Subscription subscription);
}

/// <summary>A consumer's interest in one event.</summary>
/// <param name="Consumer">Target and consumer, such as <c>tickets/OpenTicketOnExpertRequested</c>.</param>
/// <param name="Deliver">Completes when the effect is committed; fails when it could not be.</param>
/// <param name="EveryReplica">
/// The effect is in the memory of one process, so that each replica of the target must have it. Such a delivery ends with
/// the process; what was missed meanwhile is read from the database (<see cref="ReplicaResync"/>).
/// </param>
public sealed record Subscription(
    string Consumer, string EventName, Func<EventEnvelope, CancellationToken, Task> Deliver, bool EveryReplica = false);

/// <summary>
/// Brings a replica's memory to where the database is: called whenever events may have passed by unheard, which is at each
/// new connection to a broker. It may be called when there is nothing to do.
/// </summary>
public sealed record ReplicaResync(Func<CancellationToken, Task> RunAsync);

/// <summary>What carries events cannot be reached, or refuses them all.</summary>
public sealed class TransportAwayException(string message, Exception? cause) : Exception(message, cause);
