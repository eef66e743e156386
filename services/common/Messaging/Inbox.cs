using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Security;

namespace Relais.Common.Messaging;

/// <summary>What a consumer has dealt with; makes at-least-once delivery effective once.</summary>
public abstract class Inbox
{
    internal abstract void Open(Delivery delivery, string consumer);

    internal abstract Task OnceAsync(Func<CancellationToken, Task> effect, CancellationToken cancellationToken);
}

internal sealed class Inbox<TDb>(TDb db, UnitOfWork<TDb> unit, CallerContext caller, TimeProvider clock) : Inbox
    where TDb : ServiceDb
{
    private Delivery? delivery;
    private string consumer = "";

    internal override void Open(Delivery delivery, string consumer)
    {
        this.delivery = delivery;
        this.consumer = consumer;
        caller.Caller = Caller.Service(delivery.TenantId, consumer);
        db.TenantId = delivery.TenantId;
    }

    internal override Task OnceAsync(Func<CancellationToken, Task> effect, CancellationToken cancellationToken)
    {
        var message = delivery ?? throw new InvalidOperationException("No delivery is open.");
        return unit.WriteAsync<bool>(async ct =>
        {
            if (await ServiceQueries.Of(db).IsDealtWith(db, message.MessageId, consumer, ct))
                return false;
            db.Inbox.Add(new InboxEntry { MessageId = message.MessageId, Consumer = consumer, At = clock.GetUtcNow() });
            await effect(ct);
            return true;
        }, canFindOut: true, cancellationToken);
    }
}
