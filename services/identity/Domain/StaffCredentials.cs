using Relais.Common.Data;

namespace Relais.Identity.Domain;

/// <summary>What a member of staff signs in with; apart from them, so that signing in does not change their etag.</summary>
internal sealed class StaffCredentials : ITenantOwned, IVersioned
{
    public required Guid StaffId { get; init; }

    public string TenantId { get; set; } = "";

    public required string PasswordHash { get; set; }

    /// <summary>The authenticator's secret, sealed; null without one.</summary>
    public byte[]? TotpSecret { get; set; }

    /// <summary>The secret of an enrolment that waits for its first code, sealed.</summary>
    public byte[]? PendingTotpSecret { get; set; }

    /// <summary>The last time step whose code was used: no code counts twice.</summary>
    public long LastTotpStep { get; set; }

    public int Revision { get; set; }

    /// <summary>What the secrets are sealed for.</summary>
    public string TotpPurpose => $"totp/{TenantId}/{StaffId}";
}
