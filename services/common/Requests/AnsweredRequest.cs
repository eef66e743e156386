using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;

namespace Relais.Common.Requests;

/// <summary>A request that had its effect: repeated with the same <c>request_id</c>, it gets the same answer and has none again.</summary>
public sealed class AnsweredRequest : ITenantOwned
{
    public string TenantId { get; set; } = "";

    /// <summary>Who asked: request ids of different callers never meet.</summary>
    public required string Subject { get; init; }

    public required string RequestId { get; init; }

    /// <summary>SHA-256 of the method's name and the request, to tell a repetition from another request under the same id.</summary>
    public required byte[] Fingerprint { get; init; }

    public required byte[] Response { get; init; }

    public required DateTimeOffset At { get; init; }

    internal static void Configure(EntityTypeBuilder<AnsweredRequest> entity)
    {
        entity.ToTable("answered_requests");
        entity.HasKey(row => new { row.TenantId, row.Subject, row.RequestId });
        entity.Property(row => row.Subject).HasMaxLength(100);
        entity.Property(row => row.RequestId).HasMaxLength(100);
        entity.HasIndex(row => row.At);
    }
}
