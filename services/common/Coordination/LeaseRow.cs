using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;

namespace Relais.Common.Coordination;

/// <summary>A lease in the database of the service whose writes it guards.</summary>
public sealed class LeaseRow : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required string Name { get; init; }

    /// <summary>One more with each new owner.</summary>
    public required long Token { get; init; }

    public required string Owner { get; init; }

    /// <summary>By the database's clock.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>For the model of a service that has leases.</summary>
    public static void Configure(ModelBuilder modelBuilder) => modelBuilder.Entity<LeaseRow>(entity =>
    {
        entity.ToTable("leases");
        entity.HasKey(row => new { row.TenantId, row.Name });
        entity.Property(row => row.Name).HasMaxLength(200);
        entity.Property(row => row.Owner).HasMaxLength(200);
        // What makes a new token a change of the key: in PostgreSQL a guard holds up a new owner, but not a renewal.
        entity.HasIndex(row => new { row.TenantId, row.Name, row.Token }).IsUnique();
        entity.HasIndex(row => row.Owner);
    });
}
