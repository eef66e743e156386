using Relais.Common.Data;
using Relais.Contracts.Identity;
using StaffRoles = Relais.Common.Security.Roles;

namespace Relais.Identity.Domain;

/// <summary>Somebody who works for a tenant.</summary>
internal sealed class StaffMember : ITenantOwned, IVersioned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    /// <summary>As it was given.</summary>
    public required string Email { get; init; }

    /// <summary>As it is compared; a tenant has each once.</summary>
    public required string EmailKey { get; init; }

    public required string DisplayName { get; set; }

    public required List<string> Roles { get; set; }

    public required string Locale { get; set; }

    public bool TotpEnabled { get; set; }

    public bool Disabled { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public int Revision { get; set; }

    /// <summary>Whether this member of staff can administer the tenant now.</summary>
    public bool IsAdministrator => !Disabled && Roles.Contains(StaffRoles.Administrator);

    public StaffMemberAdded Added() => new(Id, Email, DisplayName, Locale, Roles);

    public StaffMemberChanged Changed() => new(Id, Email, DisplayName, Locale, Roles, Disabled);

    /// <summary>Roles in the order of the table, each once, so that equal sets are equal lists.</summary>
    public static List<string> InOrder(IEnumerable<string> roles)
    {
        var given = roles.ToHashSet(StringComparer.Ordinal);
        return [.. StaffRoles.OfStaff.Where(given.Contains)];
    }
}
