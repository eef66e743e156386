using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Relais.Common.Messaging;
using Relais.Common.Requests;
using Relais.Contracts;

namespace Relais.Common.Data;

/// <summary>
/// A service's database: its own tables beside the outbox, the inbox and the answered requests, every row under the
/// tenant filter. Each service derives one context and from that one empty context per provider, for its migrations.
/// </summary>
public abstract class ServiceDb : DbContext
{
    // A unit of work that fails begins anew as a whole: it needs no way back to the middle, which costs two round trips.
    protected ServiceDb(DbContextOptions options) : base(options) => Database.AutoSavepointsEnabled = false;

    /// <summary>The tenant whose rows this context sees and writes; null sees none.</summary>
    public string? TenantId { get; set; }

    /// <summary>Who publishes the events that this context saves; null on a database that one process uses alone.</summary>
    internal Guid? OutboxOwner { get; set; }

    public DbSet<OutboxMessage> Outbox => Set<OutboxMessage>();

    public DbSet<InboxEntry> Inbox => Set<InboxEntry>();

    public DbSet<AnsweredRequest> AnsweredRequests => Set<AnsweredRequest>();

    /// <summary>
    /// Publishes an event with the state that this context saves: both or neither. Subscribers get it at least once,
    /// events of one key in order.
    /// </summary>
    /// <param name="matter">The trace of the matter that it tells of (W3C traceparent); null for that of whoever publishes it.</param>
    /// <exception cref="InvalidOperationException">It has more than <see cref="OutboxMessage.MostBytes"/>.</exception>
    public void Publish<TEvent>(TEvent @event, DateTimeOffset at, string? matter = null) where TEvent : IEvent =>
        Outbox.Add(MessageOf(@event, at, OutboxOwner, Activity.Current, matter));

    internal static OutboxMessage MessageOf<TEvent>(TEvent @event, DateTimeOffset at, Guid? owner, Activity? cause, string? matter) where TEvent : IEvent
    {
        var key = @event.Key;
        var payload = EventCatalogue.Serialize(@event);
        OutboxMessage.CheckSize(TEvent.WireName, key, payload);
        return new OutboxMessage
        {
            Id = Guid.CreateVersion7(at),
            Name = TEvent.WireName,
            Key = key,
            Payload = payload,
            TraceParent = EventTrace.Continue(TEvent.WireName, key, cause, matter),
            OccurredAt = at,
            Owner = owner,
        };
    }

    public override int SaveChanges(bool acceptAllChangesOnSuccess) =>
        throw new NotSupportedException("Save asynchronously, through a unit of work.");

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        foreach (var entry in ChangeTracker.Entries())
        {
            if (entry.State is not (EntityState.Added or EntityState.Modified or EntityState.Deleted))
                continue;
            if (entry.Entity is ITenantOwned owned)
                KeepInTenant(owned, entry.State);
            if (entry.Entity is IVersioned versioned && entry.State != EntityState.Deleted)
                versioned.Revision++;
        }

        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

    protected sealed override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<OutboxMessage>(entity => OutboxMessage.Configure(entity, shared: !Database.IsSqlite()));
        modelBuilder.Entity<OutboxOwner>(Messaging.OutboxOwner.Configure);
        modelBuilder.Entity<InboxEntry>(InboxEntry.Configure);
        modelBuilder.Entity<AnsweredRequest>(AnsweredRequest.Configure);
        Configure(modelBuilder);
        foreach (var entity in modelBuilder.Model.GetEntityTypes().Where(entity => !entity.IsOwned() && !entity.ClrType.IsAssignableTo(typeof(ITenantless))).ToList())
        {
            if (!entity.ClrType.IsAssignableTo(typeof(ITenantOwned)))
                throw new InvalidOperationException($"{entity.ClrType.Name} belongs to no tenant: implement {nameof(ITenantOwned)}.");
            GetType().GetMethod(nameof(ConfigureTenant), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
                .MakeGenericMethod(entity.ClrType).Invoke(this, [modelBuilder]);
            if (entity.ClrType.IsAssignableTo(typeof(IVersioned)))
                modelBuilder.Entity(entity.ClrType).Property(nameof(IVersioned.Revision)).IsConcurrencyToken();
        }

        if (Database.IsSqlite())
            StoreInstantsAsNumbers(modelBuilder);
    }

    /// <summary>The service's own entities.</summary>
    protected abstract void Configure(ModelBuilder modelBuilder);

    // Protected so that GetMethod on the derived type finds it.
    protected void ConfigureTenant<TEntity>(ModelBuilder modelBuilder) where TEntity : class, ITenantOwned
    {
        var entity = modelBuilder.Entity<TEntity>();
        entity.Property(row => row.TenantId).HasMaxLength(63);
        entity.HasQueryFilter(row => row.TenantId == TenantId);
    }

    private void KeepInTenant(ITenantOwned row, EntityState state)
    {
        if (state == EntityState.Added && string.IsNullOrEmpty(row.TenantId))
            row.TenantId = TenantId ?? throw new InvalidOperationException("A row was added without a tenant.");
        if (row.TenantId != TenantId)
            throw new InvalidOperationException($"A row of another tenant was about to be written: {row.GetType().Name}.");
    }

    // SQLite has no type for instants and cannot order them as EF writes them; microseconds since 1970 it can, and
    // they are as fine as PostgreSQL's timestamptz.
    private static void StoreInstantsAsNumbers(ModelBuilder modelBuilder)
    {
        var converter = new ValueConverter<DateTimeOffset, long>(
            instant => (instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond,
            stored => DateTimeOffset.UnixEpoch.AddTicks(stored * TimeSpan.TicksPerMicrosecond));
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            if (property.ClrType == typeof(DateTimeOffset) || property.ClrType == typeof(DateTimeOffset?))
                property.SetValueConverter(converter);
        }
    }
}
