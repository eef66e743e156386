using Microsoft.EntityFrameworkCore;
using Relais.Common.Security;
using Relais.Identity.Data;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity;

/// <summary>The tenants in memory, read again when one is asked for that is not among them.</summary>
internal sealed class Tenants(Func<IdentityDb> open, TimeProvider clock) : ITenantDirectory
{
    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(1);

    private volatile Known known = new([], DateTimeOffset.MinValue);

    public async ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken)
    {
        if (TenantMatch.Find(known.Tenants, named, host) is { } found && (known.Tenants.Count > 1 || !string.IsNullOrEmpty(named)))
            return found;
        if (clock.GetUtcNow() - known.At >= ShortestRefresh)
            await ReadAsync(cancellationToken);
        return TenantMatch.Find(known.Tenants, named, host);
    }

    /// <summary>All of them, from the database, in the order of their ids.</summary>
    public async Task<IReadOnlyList<Proto.Tenant>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = open();
        var rows = await db.Tenants.IgnoreQueryFilters().AsNoTracking().Include(tenant => tenant.Hosts)
            .OrderBy(tenant => tenant.TenantId).ToListAsync(cancellationToken);
        known = new Known([.. rows.Select(row => row.ToProto())], clock.GetUtcNow());
        return known.Tenants;
    }

    /// <summary>There is another one: the next look reads.</summary>
    public void Forget() => known = new Known([], DateTimeOffset.MinValue);

    private sealed record Known(IReadOnlyList<Proto.Tenant> Tenants, DateTimeOffset At);
}
