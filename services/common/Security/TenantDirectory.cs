using Relais.Contracts.Identity.V1;

namespace Relais.Common.Security;

/// <summary>The tenants there are, to find the one of an anonymous call.</summary>
public interface ITenantDirectory
{
    /// <summary>
    /// The tenant that is named, else the one with that host name, else the only one there is; null where none fits.
    /// </summary>
    ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken);

    /// <summary>As <see cref="FindAsync"/>, among the tenants read last, which one added a moment ago may be missing from; a miss costs nothing.</summary>
    ValueTask<string?> FindKnownAsync(string? named, string? host, CancellationToken cancellationToken) => FindAsync(named, host, cancellationToken);

    /// <summary>Whether this tenant runs the platform, so that what is no tenant's is its matter.</summary>
    ValueTask<bool> IsOperatorAsync(string tenantId, CancellationToken cancellationToken);
}

/// <summary>Which tenant an anonymous call is for.</summary>
public static class TenantMatch
{
    /// <summary>
    /// The tenant that is named, else the one with that host name, else the only one there is; null where none fits, also
    /// among those that were added meanwhile.
    /// </summary>
    public static async ValueTask<string?> FindAsync(
        this KeptCopy<IReadOnlyList<Tenant>> tenants, string? named, string? host, CancellationToken cancellationToken) =>
        await tenants.FindKnownAsync(named, host, cancellationToken) ?? Find(await tenants.AfterMissAsync(cancellationToken), named, host);

    /// <summary>The same, of those in the copy alone.</summary>
    public static async ValueTask<string?> FindKnownAsync(
        this KeptCopy<IReadOnlyList<Tenant>> tenants, string? named, string? host, CancellationToken cancellationToken) =>
        Find(await tenants.GetAsync(cancellationToken), named, host);

    public static async ValueTask<bool> IsOperatorAsync(
        this KeptCopy<IReadOnlyList<Tenant>> tenants, string tenantId, CancellationToken cancellationToken) =>
        (await tenants.GetAsync(cancellationToken)).Any(tenant => tenant.Id == tenantId && tenant.IsOperator);

    private static string? Find(IReadOnlyList<Tenant> tenants, string? named, string? host)
    {
        if (!string.IsNullOrEmpty(named))
            return tenants.FirstOrDefault(tenant => tenant.Id == named)?.Id;
        return tenants.FirstOrDefault(tenant => host is not null && tenant.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase))?.Id
            ?? (tenants.Count == 1 ? tenants[0].Id : null);
    }
}

/// <summary>Identity's tenants over gRPC, kept for 30 s.</summary>
internal sealed class RemoteTenants(Identity.IdentityClient identity) : ITenantDirectory, IDisposable
{
    private readonly KeptCopy<IReadOnlyList<Tenant>> tenants = new(
        async ct => (await identity.ListTenantsAsync(new ListTenantsRequest(), cancellationToken: ct)).Tenants, TimeSpan.FromSeconds(30));

    public ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken) => tenants.FindAsync(named, host, cancellationToken);

    public ValueTask<string?> FindKnownAsync(string? named, string? host, CancellationToken cancellationToken) => tenants.FindKnownAsync(named, host, cancellationToken);

    public ValueTask<bool> IsOperatorAsync(string tenantId, CancellationToken cancellationToken) => tenants.IsOperatorAsync(tenantId, cancellationToken);

    public void Dispose() => tenants.Dispose();
}
