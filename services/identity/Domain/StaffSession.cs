using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Relais.Common.Data;

namespace Relais.Identity.Domain;

/// <summary>A member of staff's stay: the family of refresh tokens that began with one sign-in.</summary>
internal sealed class StaffSession : ITenantOwned, IVersioned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public required Guid StaffId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its latest refresh token expires.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Ended before its time: signed out, revoked, or a used token came back.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    public int Revision { get; set; }

    public bool IsOpen(DateTimeOffset now) => EndedAt is null && ExpiresAt > now;
}

/// <summary>A refresh token as it is stored: its hash. It gives way to one successor.</summary>
internal sealed class RefreshToken : ITenantOwned, IVersioned
{
    public string TenantId { get; set; } = "";

    public required string Hash { get; init; }

    public required Guid SessionId { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    public int Revision { get; set; }

    /// <summary>A new token, 256 random bits behind the tenant that it belongs to: <c>demo.9fQ…</c>.</summary>
    public static string NewValue(string tenantId) => ValueOf(tenantId, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>A token of 256 secret bits in base64url.</summary>
    public static string ValueOf(string tenantId, string secret) => $"{tenantId}.{secret}";

    /// <summary>The tenant of a token; null for what cannot be one.</summary>
    public static string? TenantOf(string value) =>
        value.Length <= 200 && value.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && Tenant.IsId(value[..dot]) ? value[..dot] : null;

    public static string HashOf(string value) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
}
