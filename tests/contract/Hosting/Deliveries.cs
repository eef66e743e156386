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
    /// <param name="traceParent">The trace to which it belongs; by default to none.</param>
    public static Task DeliverAsync<TEvent>(
        this LoneTarget target, string tenantId, TEvent @event, Guid? messageId = null, string? traceParent = null) where TEvent : IEvent =>
        target.DeliverAsync(tenantId, @event, TEvent.WireName, messageId ?? Guid.CreateVersion7(), traceParent);

    public static Task DeliverAsync(
        this LoneTarget target, string tenantId, IEvent @event, string wireName, Guid messageId, string? traceParent = null) =>
        target.Services.GetRequiredService<IEventTransport>().PublishAsync(
            new EventEnvelope(messageId, wireName, tenantId, @event.Key, EventCatalogue.Serialize(@event), traceParent, DateTimeOffset.UtcNow),
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

    /// <summary>The traces of what the target has published under a key so far, by the event's name.</summary>
    public static async Task<ILookup<string, string?>> TracesAsync<TDb>(this LoneTarget target, string tenantId, Guid key) where TDb : ServiceDb
    {
        var name = key.ToString();
        await using var db = target.Open<TDb>(tenantId);
        var rows = await db.Outbox.AsNoTracking().Where(row => row.Key == name).OrderBy(row => row.Position)
            .ToListAsync(TestContext.Current.CancellationToken);
        return rows.ToLookup(row => row.Name, row => row.TraceParent);
    }

    /// <summary>The target's database as a tenant sees it.</summary>
    public static TDb Open<TDb>(this LoneTarget target, string tenantId) where TDb : ServiceDb
    {
        var db = target.Services.GetRequiredService<Func<TDb>>()();
        db.TenantId = tenantId;
        return db;
    }
}
