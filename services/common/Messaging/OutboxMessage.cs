using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>An event that waits to be published, saved with the state that it tells about.</summary>
public sealed class OutboxMessage : ITenantOwned
{
    /// <summary>The longest payload in UTF-8: half of what RabbitMQ 4 takes as one message, unless it is configured otherwise.</summary>
    public const int MostBytes = 8 * 1024 * 1024;

    /// <summary>The order in which the database took it.</summary>
    public long Position { get; init; }

    /// <summary>The message id by which consumers know a repetition.</summary>
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public required string Name { get; init; }

    public required string Key { get; init; }

    public required string Payload { get; init; }

    /// <summary>The trace it belongs to (W3C traceparent).</summary>
    public string? TraceParent { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>When every subscriber, or the broker, had it; null until then.</summary>
    public DateTimeOffset? DeliveredAt { get; set; }

    /// <summary>When delivery was given up; the row stays for an operator to replay.</summary>
    public DateTimeOffset? DeadAt { get; set; }

    /// <summary>The relay that publishes it (<see cref="OutboxOwner"/>); null on a database that one process uses alone.</summary>
    public Guid? Owner { get; init; }

    public int Attempts { get; set; }

    public string? LastError { get; set; }

    /// <summary>How often the transport was away when it was its turn; no attempts, and not kept.</summary>
    internal int Outages { get; set; }

    /// <summary>
    /// The youngest of the older rows of its key that waited when it was saved, whoever is to publish them; 0 when none did,
    /// null when nobody looked. Nothing older comes later: who changes what a key names waits for whoever does before. Not kept.
    /// </summary>
    internal long? Elder { get; set; }

    /// <exception cref="InvalidOperationException">The payload has more than <see cref="MostBytes"/>.</exception>
    internal static void CheckSize(string name, string key, string payload)
    {
        if (Encoding.UTF8.GetByteCount(payload) is > MostBytes and var bytes)
            throw new InvalidOperationException($"{name} of {key} has {bytes} bytes; an event has at most {MostBytes}.");
    }

    internal EventEnvelope ToEnvelope() => new(Id, Name, TenantId, Key, Payload, TraceParent, OccurredAt);

    internal static void Configure(EntityTypeBuilder<OutboxMessage> entity, bool shared)
    {
        entity.ToTable("outbox");
        entity.HasKey(row => row.Position);
        entity.Property(row => row.Position).ValueGeneratedOnAdd();
        entity.Ignore(row => row.Outages);
        entity.Ignore(row => row.Elder);
        entity.HasIndex(row => row.Id).IsUnique();
        entity.Property(row => row.Name).HasMaxLength(100);
        entity.Property(row => row.Key).HasMaxLength(100);
        entity.Property(row => row.TraceParent).HasMaxLength(60);
        entity.HasIndex(row => row.Position).HasDatabaseName("ix_outbox_waiting")
            .HasFilter("\"DeliveredAt\" IS NULL AND \"DeadAt\" IS NULL");
        if (!shared)
        {
            entity.HasIndex(row => row.DeliveredAt);
            return;
        }

        // Finds an older event of the same key that another replica has yet to publish; what waits is in no index by time,
        // in which it could be looked for instead.
        entity.HasIndex(row => new { row.Key, row.Position }).HasDatabaseName("ix_outbox_key").HasFilter("\"DeliveredAt\" IS NULL");
        entity.HasIndex(row => row.DeliveredAt).HasDatabaseName("ix_outbox_delivered").HasFilter("\"DeliveredAt\" IS NOT NULL");
    }
}

/// <summary>An event on its way.</summary>
public sealed record EventEnvelope(
    Guid MessageId, string Name, string TenantId, string Key, string Payload, string? TraceParent, DateTimeOffset OccurredAt);
