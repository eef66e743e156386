namespace Relais.Contracts.Identity;

/// <summary>Somebody joined the staff.</summary>
public sealed record StaffMemberAdded(Guid StaffId, string Email, string DisplayName, string Locale, IReadOnlyList<string> Roles) : IEvent
{
    public static string WireName => "relais.identity.staff-member-added.v1";

    public string Key => StaffId.ToString();
}
