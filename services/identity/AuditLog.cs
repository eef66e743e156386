namespace Relais.Identity;

/// <summary>
/// What happens with accounts, tokens and keys, under stable event names and without secrets: people are ids, names that
/// nobody has are hashes.
/// </summary>
internal sealed partial class AuditLog(ILogger<AuditLog> log)
{
    [LoggerMessage(2001, LogLevel.Information, "Staff member {StaffId} of {Tenant} signed in", EventName = "sign_in_succeeded")]
    public partial void SignedIn(string tenant, Guid staffId);

    [LoggerMessage(2002, LogLevel.Warning, "A sign-in at {Tenant} to account {Account} (staff member {StaffId}) was refused: {Reason}", EventName = "sign_in_refused")]
    public partial void SignInRefused(string tenant, string account, Guid? staffId, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "Account {Account} of {Tenant} (staff member {StaffId}) locked after repeated failures", EventName = "sign_in_locked")]
    public partial void SignInLocked(string tenant, string account, Guid? staffId);

    [LoggerMessage(2004, LogLevel.Warning, "A used refresh token of session {SessionId} of {Tenant} came back; the session of staff member {StaffId} has ended", EventName = "refresh_token_reused")]
    public partial void RefreshTokenReused(string tenant, Guid sessionId, Guid staffId);

    [LoggerMessage(2005, LogLevel.Information, "Session {SessionId} of staff member {StaffId} of {Tenant} ended", EventName = "session_ended")]
    public partial void SessionEnded(string tenant, Guid sessionId, Guid staffId);

    [LoggerMessage(2006, LogLevel.Information, "Client {ClientId} signed in", EventName = "client_sign_in_succeeded")]
    public partial void ClientSignedIn(string clientId);

    [LoggerMessage(2007, LogLevel.Warning, "A client's sign-in was refused: {Reason}", EventName = "client_sign_in_refused")]
    public partial void ClientRefused(string reason);

    [LoggerMessage(2008, LogLevel.Information, "Key {KeyId} signs from now on", EventName = "signing_key_rotated")]
    public partial void KeyRotated(string keyId);

    [LoggerMessage(2009, LogLevel.Information, "Tenant {Tenant} was created with administrator {StaffId}", EventName = "tenant_created")]
    public partial void TenantCreated(string tenant, Guid staffId);

    [LoggerMessage(2010, LogLevel.Information, "Staff member {StaffId} of {Tenant} was added with the roles {Roles} by {By}", EventName = "staff_member_added")]
    public partial void StaffAdded(string tenant, Guid staffId, string roles, Guid by);

    [LoggerMessage(2011, LogLevel.Information, "Staff member {StaffId} of {Tenant} was changed ({Fields}) by {By}", EventName = "staff_member_changed")]
    public partial void StaffChanged(string tenant, Guid staffId, string fields, Guid by);

    [LoggerMessage(2012, LogLevel.Information, "Staff member {StaffId} of {Tenant} uses an authenticator from now on", EventName = "totp_enabled")]
    public partial void TotpEnabled(string tenant, Guid staffId);

    [LoggerMessage(2013, LogLevel.Information, "Client {ClientId} was registered with the scopes {Scopes} by {By}", EventName = "client_registered")]
    public partial void ClientRegistered(string clientId, string scopes, Guid by);

    [LoggerMessage(2014, LogLevel.Information, "Customer {CustomerId} of {Tenant} was changed ({Fields}) by {By}", EventName = "customer_changed")]
    public partial void CustomerChanged(string tenant, Guid customerId, string fields, Guid by);
}
