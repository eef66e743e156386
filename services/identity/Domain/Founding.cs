using Relais.Contracts.Identity;
using StaffRoles = Relais.Common.Security.Roles;

namespace Relais.Identity.Domain;

/// <summary>A tenant with its first administrator, without whom nobody could ever sign in there.</summary>
internal sealed record Founding(Tenant Tenant, StaffMember Administrator, StaffCredentials Credentials)
{
    public StaffMemberAdded Added => Administrator.Added();

    public static Founding Of(
        string tenantId, string displayName, IEnumerable<string> hosts, string locale, bool isOperator,
        string email, string administratorName, string passwordHash, DateTimeOffset now)
    {
        var tenant = new Tenant { TenantId = tenantId, DisplayName = displayName, DefaultLocale = locale, IsOperator = isOperator, CreatedAt = now };
        tenant.Hosts.AddRange(hosts.Distinct(StringComparer.Ordinal).Select(host => new TenantHost { TenantId = tenantId, Host = host }));
        var administrator = new StaffMember
        {
            Id = Guid.CreateVersion7(now),
            TenantId = tenantId,
            Email = email.Trim(),
            EmailKey = EmailAddress.Normalise(email) ?? throw new ArgumentException("Not an e-mail address.", nameof(email)),
            DisplayName = administratorName,
            Roles = [StaffRoles.Administrator],
            Locale = locale,
            CreatedAt = now,
        };
        return new Founding(tenant, administrator, new StaffCredentials { StaffId = administrator.Id, TenantId = tenantId, PasswordHash = passwordHash });
    }
}
