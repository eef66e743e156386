using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>A message that a consumer has dealt with, saved in the transaction of its effect.</summary>
public sealed class InboxEntry : ITenantOwned
{
    public required Guid MessageId { get; init; }

    public required string Consumer { get; init; }

    public string TenantId { get; set; } = "";

    public required DateTimeOffset At { get; init; }

    internal static void Configure(EntityTypeBuilder<InboxEntry> entity)
    {
        entity.ToTable("inbox");
        entity.HasKey(row => new { row.MessageId, row.Consumer });
        entity.Property(row => row.Consumer).HasMaxLength(100);
        entity.HasIndex(row => row.At);
    }
}
