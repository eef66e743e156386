using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Data;
using Relais.Common.Messaging;
using Relais.Contracts;

namespace Relais.Contract.Hosting;

/// <summary>Events into a lone target and out of it.</summary>
internal static class Deliveries
{
    /// <summary>Delivers an event as a transport would; completes when every consumer has committed.</summary>
    /// <param name="messageId">To deliver the same message again; by default it is a new one.</param>
    public static Task DeliverAsync<TEvent>(this LoneTarget target, string tenantId, TEvent @event, Guid? messageId = null) where TEvent : IEvent =>
        target.DeliverAsync(tenantId, @event, TEvent.WireName, messageId ?? Guid.CreateVersion7());

    public static Task DeliverAsync(this LoneTarget target, string tenantId, IEvent @event, string wireName, Guid messageId) =>
        target.Services.GetRequiredService<IEventTransport>().PublishAsync(
            new EventEnvelope(messageId, wireName, tenantId, @event.Key, EventCatalogue.Serialize(@event), null, DateTimeOffset.UtcNow),
            TestContext.Current.CancellationToken);

    /// <summary>What the target has published so far, in order.</summary>
    public static async Task<List<TEvent>> PublishedAsync<TDb, TEvent>(this LoneTarget target, string tenantId)
        where TDb : ServiceDb
        where TEvent : IEvent
    {
        var name = TEvent.WireName;
        await using var db = target.Open<TDb>(tenantId);
        var rows = await db.Outbox.AsNoTracking().Where(row => row.Name == name).OrderBy(row => row.Position)
            .ToListAsync(TestContext.Current.CancellationToken);
        return [.. rows.Select(row => (TEvent)EventCatalogue.Deserialize(row.Name, row.Payload))];
    }

    /// <summary>The target's database as a tenant sees it.</summary>
    public static TDb Open<TDb>(this LoneTarget target, string tenantId) where TDb : ServiceDb
    {
        var db = target.Services.GetRequiredService<Func<TDb>>()();
        db.TenantId = tenantId;
        return db;
    }
}
