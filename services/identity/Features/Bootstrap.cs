using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;

namespace Relais.Identity.Features;

/// <summary>Makes the tenant that runs the platform, with its first administrator, where there is no tenant yet.</summary>
internal sealed class Bootstrap(IdentityDb db, UnitOfWork<IdentityDb> unit, PasswordWork passwords, IdentityOptions options, AuditLog audit, TimeProvider clock)
{
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var first = options.Bootstrap;
        if (first.Tenant.Length == 0 || await db.Tenants.IgnoreQueryFilters().AnyAsync(cancellationToken))
            return;
        var hash = await passwords.HashAsync(first.Password, cancellationToken);
        db.TenantId = first.Tenant;
        await unit.WriteAsync<bool>(async ct =>
        {
            // Another replica may have been faster.
            if (await db.Tenants.IgnoreQueryFilters().AnyAsync(ct))
                return false;
            var now = clock.GetUtcNow();
            var founding = Founding.Of(
                first.Tenant, first.TenantName.Length > 0 ? first.TenantName : first.Tenant, first.Hosts, first.DefaultLocale, isOperator: true,
                first.Email, first.DisplayName.Length > 0 ? first.DisplayName : first.Email, hash, now);
            db.AddRange(founding.Tenant, founding.Administrator, founding.Credentials);
            db.Publish(founding.Added, now);
            unit.AfterCommit(() => audit.TenantCreated(first.Tenant, founding.Administrator.Id));
            return true;
        }, cancellationToken);
    }
}
