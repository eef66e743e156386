using Grpc.Core;
using Relais.Contracts.Identity.V1;

namespace Relais.Common.Security;

/// <summary>The tenants there are, to find the one of an anonymous call.</summary>
public interface ITenantDirectory
{
    /// <summary>
    /// The tenant that is named, else the one with that host name, else the only one there is; null where none fits.
    /// </summary>
    ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken);
}

/// <summary>Which tenant an anonymous call is for.</summary>
public static class TenantMatch
{
    /// <summary>The tenant that is named, else the one with that host name, else the only one there is; null where none fits.</summary>
    public static string? Find(IReadOnlyList<Tenant> tenants, string? named, string? host)
    {
        if (!string.IsNullOrEmpty(named))
            return tenants.FirstOrDefault(tenant => tenant.Id == named)?.Id;
        return tenants.FirstOrDefault(tenant => host is not null && tenant.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase))?.Id
            ?? (tenants.Count == 1 ? tenants[0].Id : null);
    }
}

/// <summary>Identity's tenants over gRPC, kept for 30 s; one that is not among them makes it ask again, at most every second.</summary>
internal sealed class RemoteTenants(Identity.IdentityClient identity, TimeProvider clock) : ITenantDirectory, IDisposable
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(1);

    // Identity being away must not cost every call a try.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim one = new(1, 1);
    private IReadOnlyList<Tenant> tenants = [];
    private DateTimeOffset askedAt = DateTimeOffset.MinValue;

    public async ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken)
    {
        try
        {
            await RefreshAsync(Kept, cancellationToken);
        }
        catch (RpcException) when (TenantMatch.Find(tenants, named, host) is not null)
        {
            // Identity is away. Tenants do not go, so the one that is known will do.
            askedAt = clock.GetUtcNow() - Kept + Pause;
        }

        if (TenantMatch.Find(tenants, named, host) is { } known)
            return known;
        // It may have been added a moment ago: only what identity said after this call began counts as a no.
        var missed = clock.GetUtcNow();
        while (askedAt < missed)
        {
            if (askedAt + ShortestRefresh - missed is { Ticks: > 0 } pause)
                await Task.Delay(pause, clock, cancellationToken);
            await RefreshAsync(ShortestRefresh, cancellationToken);
        }

        return TenantMatch.Find(tenants, named, host);
    }

    public void Dispose() => one.Dispose();

    private async Task RefreshAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() - askedAt < age)
            return;
        await one.WaitAsync(cancellationToken);
        try
        {
            if (clock.GetUtcNow() - askedAt < age)
                return;
            var began = clock.GetUtcNow();
            tenants = (await identity.ListTenantsAsync(new ListTenantsRequest(), cancellationToken: cancellationToken)).Tenants;
            askedAt = began;
        }
        finally
        {
            one.Release();
        }
    }
}
