namespace Relais.Common.Messaging;

/// <summary>Carries events between services: the process-local dispatcher, or a broker.</summary>
public interface IEventTransport
{
    /// <summary>
    /// Completes when the event can no longer be lost: every subscriber has committed its effect, or the broker has
    /// confirmed that it keeps it.
    /// </summary>
    Task PublishAsync(EventEnvelope envelope, CancellationToken cancellationToken);

    /// <summary>Has a target's consumers called for each event they asked for.</summary>
    void Subscribe(Subscription subscription);
}

/// <summary>A consumer's interest in one event.</summary>
/// <param name="Consumer">Target and consumer, such as <c>tickets/OpenTicketOnExpertRequested</c>.</param>
/// <param name="Deliver">Completes when the effect is committed; fails when it could not be.</param>
public sealed record Subscription(string Consumer, string EventName, Func<EventEnvelope, CancellationToken, Task> Deliver);
