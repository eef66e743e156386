using Microsoft.EntityFrameworkCore;
using Relais.Common.Security;
using Relais.Identity.Data;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity;

/// <summary>The tenants in memory, at most a second old.</summary>
internal sealed class Tenants(Func<IdentityDb> open) : ITenantDirectory, IDisposable
{
    private readonly KeptCopy<IReadOnlyList<Proto.Tenant>> tenants = new(
        async ct =>
        {
            await using var db = open();
            var rows = await db.Tenants.IgnoreQueryFilters().AsNoTracking().Include(tenant => tenant.Hosts)
                .OrderBy(tenant => tenant.TenantId).ToListAsync(ct);
            return [.. rows.Select(row => row.ToProto())];
        },
        TimeSpan.FromSeconds(1));

    public ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken) => tenants.FindAsync(named, host, cancellationToken);

    public ValueTask<bool> IsOperatorAsync(string tenantId, CancellationToken cancellationToken) => tenants.IsOperatorAsync(tenantId, cancellationToken);

    /// <summary>All of them, from the database, in the order of their ids.</summary>
    public ValueTask<IReadOnlyList<Proto.Tenant>> ReadAsync(CancellationToken cancellationToken) => tenants.ReadAsync(cancellationToken);

    /// <summary>The only one there is; null where there are several.</summary>
    public async ValueTask<string?> OnlyAsync(CancellationToken cancellationToken) =>
        await tenants.GetAsync(cancellationToken) is [var only] ? only.Id : null;

    /// <summary>There is another one: the next look reads.</summary>
    public void Forget() => tenants.Forget();

    public void Dispose() => tenants.Dispose();
}
