using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>
/// Adds a tenant with its first administrator. Sign-ins belong to a tenant, so this is for administrators of the tenant
/// that runs the platform: the one that was there first.
/// </summary>
internal sealed class CreateTenant(IdentityDb db, UnitOfWork<IdentityDb> unit, Tenants tenants, PasswordWork passwords, AuditLog audit, TimeProvider clock)
{
    private const int MostHosts = 50;

    public async Task<Outcome<Proto.Tenant>> HandleAsync(Proto.CreateTenantRequest request, CancellationToken cancellationToken)
    {
        if (!await db.Tenants.AnyAsync(tenant => tenant.IsOperator, cancellationToken))
            return RotateKeys.OperatorOnly();
        var hosts = request.Hosts.Select(Tenant.NormaliseHost).ToList();
        var check = new Check()
            .That(Tenant.IsId(request.Id), "id", "must be " + Tenant.IdRule)
            .Text(request.DisplayName, "displayName", 200)
            .Locale(request.DefaultLocale, "defaultLocale", required: false)
            .That(hosts.Count <= MostHosts, "hosts", $"must be at most {MostHosts}.")
            .That(EmailAddress.Normalise(request.AdministratorEmail) is not null, "administratorEmail", "must be an e-mail address.")
            .Text(request.AdministratorName, "administratorName", 200, required: false);
        if (PasswordRule.Problem(request.AdministratorPassword, request.AdministratorEmail) is { } problem)
            check.That(false, "administratorPassword", problem);
        for (var position = 0; position < hosts.Count && position < MostHosts; position++)
            check.That(hosts[position] is not null, $"hosts[{position}]", "is not a host name.");
        if (check.Failure is { } failure)
            return failure;

        var hash = await passwords.HashAsync(request.AdministratorPassword, cancellationToken);
        db.TenantId = request.Id;
        return await unit.OnceAsync(request.RequestId, request.WithoutSecrets(), async ct =>
        {
            if (await db.Tenants.AnyAsync(ct))
                return new Failure(FailureKind.AlreadyExists, "tenant.exists", $"There is a tenant '{request.Id}' already. Choose another id.");
            if (await db.TenantHosts.IgnoreQueryFilters().FirstOrDefaultAsync(host => hosts.Contains(host.Host), ct) is { } taken)
                return new Failure(FailureKind.AlreadyExists, "tenant.host_taken", $"The host name {taken.Host} belongs to another tenant.");
            var now = clock.GetUtcNow();
            var founding = Founding.Of(
                request.Id, request.DisplayName.Trim(), hosts.OfType<string>(), request.DefaultLocale.Length > 0 ? request.DefaultLocale : "en", isOperator: false,
                request.AdministratorEmail, request.AdministratorName.Length > 0 ? request.AdministratorName : request.AdministratorEmail.Trim(), hash, now);
            db.AddRange(founding.Tenant, founding.Administrator, founding.Credentials);
            db.Publish(founding.Added, now);
            unit.AfterCommit(() =>
            {
                tenants.Forget();
                audit.TenantCreated(request.Id, founding.Administrator.Id);
            });
            return (Outcome<Proto.Tenant>)founding.Tenant.ToProto();
        }, cancellationToken);
    }
}
