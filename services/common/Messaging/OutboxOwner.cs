using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>
/// A running relay. Replicas share an outbox: each publishes the events that it has committed itself, and takes over those
/// of a relay that is alive no longer.
/// </summary>
public sealed class OutboxOwner : ITenantless
{
    /// <summary>New with each process.</summary>
    public required Guid Id { get; init; }

    /// <summary>By the database's clock.</summary>
    public required DateTimeOffset AliveUntil { get; init; }

    internal static void Configure(EntityTypeBuilder<OutboxOwner> entity)
    {
        entity.ToTable("outbox_owners");
        entity.HasKey(row => row.Id);
        entity.Property(row => row.Id).ValueGeneratedNever();
    }
}
