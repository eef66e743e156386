namespace Relais.Contracts.Identity;

/// <summary>A member of staff has another name, other roles, or may no longer sign in.</summary>
public sealed record StaffMemberChanged(
    Guid StaffId, string Email, string DisplayName, string Locale, IReadOnlyList<string> Roles, bool Disabled) : IEvent
{
    public static string WireName => "relais.identity.staff-member-changed.v1";

    public string Key => StaffId.ToString();
}
