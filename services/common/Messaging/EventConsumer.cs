using Relais.Contracts;

namespace Relais.Common.Messaging;

/// <summary>
/// Deals with one kind of event, whichever transport carries it. It may see every event twice; what it does inside
/// <see cref="OnceAsync"/> happens once.
/// </summary>
public abstract class EventConsumer<TEvent>(Inbox inbox)
    where TEvent : class, IEvent
{
    private Delivery? delivery;

    /// <summary>What came with the event: for consumers whose effects are not saved in <see cref="OnceAsync"/>.</summary>
    protected Delivery Delivery => delivery ?? throw new InvalidOperationException("No delivery is open.");

    /// <summary>The note that this message was dealt with: for consumers that save it themselves, with others' work.</summary>
    protected InboxEntry DealtWith(DateTimeOffset at) => new() { MessageId = Delivery.MessageId, Consumer = GetType().Name, At = at };

    internal Task ReceiveAsync(Delivery delivery, TEvent @event, CancellationToken cancellationToken)
    {
        this.delivery = delivery;
        inbox.Open(delivery, GetType().Name);
        return HandleAsync(@event, cancellationToken);
    }

    /// <summary>Deals with the event. Calls to other services belong here, before <see cref="OnceAsync"/>.</summary>
    protected abstract Task HandleAsync(TEvent @event, CancellationToken cancellationToken);

    /// <summary>
    /// Runs the effect in one transaction with the note that this message was dealt with; does nothing where it was. The
    /// effect does no I/O but the database's and may run again when somebody else was faster.
    /// </summary>
    protected Task OnceAsync(Func<CancellationToken, Task> effect, CancellationToken cancellationToken) =>
        inbox.OnceAsync(effect, cancellationToken);
}

/// <summary>What came with a message, besides the event.</summary>
public sealed record Delivery(Guid MessageId, string TenantId)
{
    /// <summary>The transport header that carries the tenant.</summary>
    public const string TenantHeader = "relais-tenant";
}
