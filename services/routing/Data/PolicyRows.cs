using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Data;

/// <summary>A version of a routing group's policy.</summary>
internal sealed class PolicyRow : ITenantOwned, IVersioned
{
    public const int LongestGroup = 64;

    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required string Group { get; init; }

    public required int Version { get; init; }

    public PolicyState State { get; set; } = PolicyState.Draft;

    public required PolicyDefinition Definition { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? ActivatedAt { get; set; }

    public string ActivatedBy { get; set; } = "";

    /// <summary>When this definition was tried on history; null after every change.</summary>
    public DateTimeOffset? DryRunAt { get; set; }

    internal static void Configure(EntityTypeBuilder<PolicyRow> entity)
    {
        entity.ToTable("policies");
        entity.HasKey(row => row.Id);
        entity.HasIndex(row => new { row.TenantId, row.Group, row.Version }).IsUnique();
        // One active version in each group.
        entity.HasIndex(row => new { row.TenantId, row.Group }).IsUnique().HasFilter($"\"State\" = {(int)PolicyState.Active}");
        entity.Property(row => row.Group).HasMaxLength(LongestGroup);
        entity.Property(row => row.CreatedBy).HasMaxLength(200);
        entity.Property(row => row.ActivatedBy).HasMaxLength(200);
    }
}

/// <summary>A queue that is paused.</summary>
internal sealed class QueuePauseRow : ITenantOwned
{
    public string TenantId { get; set; } = "";

    public required string Group { get; init; }

    /// <summary>Empty for every channel of the group.</summary>
    public required string Channel { get; init; }

    public string Reason { get; set; } = "";

    public required DateTimeOffset PausedAt { get; set; }

    public DateTimeOffset? Until { get; set; }

    public GroupPause ToPause() => new(Group, new QueuePause(Channel, Until));

    internal static void Configure(EntityTypeBuilder<QueuePauseRow> entity)
    {
        entity.ToTable("queue_pauses");
        entity.HasKey(row => new { row.TenantId, row.Group, row.Channel });
        entity.Property(row => row.Group).HasMaxLength(PolicyRow.LongestGroup);
        entity.Property(row => row.Channel).HasMaxLength(64);
    }
}

/// <summary>What somebody did to routing by hand.</summary>
internal sealed class AuditRow : ITenantOwned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public required DateTimeOffset At { get; init; }

    public required Guid ById { get; init; }

    public required string By { get; init; }

    public required string Action { get; init; }

    /// <summary>The ticket, the group, the policy or the team.</summary>
    public required string Subject { get; init; }

    public Guid? ExpertId { get; init; }

    public string Reason { get; init; } = "";

    internal static void Configure(EntityTypeBuilder<AuditRow> entity)
    {
        entity.ToTable("routing_audit");
        entity.HasKey(row => row.Id);
        entity.HasIndex(row => new { row.TenantId, row.Id });
        entity.Property(row => row.By).HasMaxLength(200);
        entity.Property(row => row.Action).HasMaxLength(32);
        entity.Property(row => row.Subject).HasMaxLength(100);
    }
}
