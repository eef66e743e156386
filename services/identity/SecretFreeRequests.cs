using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity;

/// <summary>
/// Requests as their repetitions are recognised: without passwords, since a fast hash of them is kept for a while.
/// </summary>
internal static class SecretFreeRequests
{
    public static Proto.CreateTenantRequest WithoutSecrets(this Proto.CreateTenantRequest request) =>
        new(request) { AdministratorPassword = "" };

    public static Proto.CreateStaffMemberRequest WithoutSecrets(this Proto.CreateStaffMemberRequest request) =>
        new(request) { Password = "" };

    public static Proto.UpdateStaffMemberRequest WithoutSecrets(this Proto.UpdateStaffMemberRequest request) =>
        new(request) { Password = "" };
}
