using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Requests;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>
/// Changes the fields that the update mask names; without a mask, those that are set. A new password or a disabled
/// account ends every session. A tenant keeps at least one administrator.
/// </summary>
internal sealed class UpdateStaffMember(
    IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, PasswordWork passwords, AuditLog audit, TimeProvider clock)
{
    private const string DisplayName = "display_name";
    private const string Roles = "roles";
    private const string Locale = "locale";
    private const string Password = "password";
    private const string Disabled = "disabled";
    private const string TotpEnabled = "totp_enabled";

    public async Task<Outcome<Proto.StaffMember>> HandleAsync(Proto.UpdateStaffMemberRequest request, CancellationToken cancellationToken)
    {
        var id = caller.ResolveMe(request.Id, "id");
        if (id.Failure is { } unknown)
            return unknown;
        var fields = FieldsOf(request);
        if (Check(request, fields) is { } failure)
            return failure;
        var hash = fields.Contains(Password) ? await passwords.HashAsync(request.Password, cancellationToken) : null;
        return await unit.OnceAsync(request.RequestId, request.WithoutSecrets(), async ct =>
        {
            if (await db.Staff.FirstOrDefaultAsync(row => row.Id == id.Value, ct) is not { } member)
                return GetStaffMember.NotFound(request.Id);
            if (Etags.Check(request.Etag, member, "member of staff") is { } stale)
                return stale;
            var wasAdministrator = member.IsAdministrator;
            Apply(request, fields, member);
            if (wasAdministrator && !member.IsAdministrator && await LoseAdministratorAsync(member.Id, ct) is { } last)
                return last;
            if (hash is not null || fields.Contains(TotpEnabled))
                await ChangeCredentialsAsync(member, hash, forgetTotp: fields.Contains(TotpEnabled), ct);
            if (hash is not null || (fields.Contains(Disabled) && member.Disabled))
                await EndSessionsAsync(member.Id, ct);
            if (db.Entry(member).State == EntityState.Modified)
                db.Publish(member.Changed(), clock.GetUtcNow());
            await db.SaveChangesAsync(ct);
            unit.AfterCommit(() => audit.StaffChanged(member.TenantId, member.Id, string.Join(' ', fields), caller.Caller.SubjectId));
            return (Outcome<Proto.StaffMember>)member.ToProto();
        }, cancellationToken);
    }

    private static HashSet<string> FieldsOf(Proto.UpdateStaffMemberRequest request)
    {
        if (request.UpdateMask is { Paths.Count: > 0 } mask)
            return [.. mask.Paths];
        var set = new HashSet<string>();
        if (request.DisplayName.Length > 0)
            set.Add(DisplayName);
        if (request.Roles.Count > 0)
            set.Add(Roles);
        if (request.Locale.Length > 0)
            set.Add(Locale);
        if (request.Password.Length > 0)
            set.Add(Password);
        if (request.Disabled)
            set.Add(Disabled);
        return set;
    }

    private static Failure? Check(Proto.UpdateStaffMemberRequest request, HashSet<string> fields)
    {
        var check = new Check();
        check.That(fields.Count > 0, "updateMask", "names no field to change.");
        foreach (var field in fields.Except([DisplayName, Roles, Locale, Password, Disabled, TotpEnabled]))
            check.That(false, "updateMask", $"'{field}' cannot be changed here.");
        if (fields.Contains(DisplayName))
            check.Text(request.DisplayName, "displayName", 200);
        if (fields.Contains(Roles))
            check.StaffRoles(request.Roles);
        if (fields.Contains(Locale))
            check.Locale(request.Locale, "locale");
        if (fields.Contains(Password) && PasswordRule.Problem(request.Password, "") is { } problem)
            check.That(false, "password", problem);
        if (fields.Contains(TotpEnabled))
            check.That(!request.TotpEnabled, "totpEnabled", "can only be taken away here. Its owner enrols an authenticator with :enrolTotp.");
        return check.Failure;
    }

    private static void Apply(Proto.UpdateStaffMemberRequest request, HashSet<string> fields, StaffMember member)
    {
        if (fields.Contains(DisplayName))
            member.DisplayName = request.DisplayName.Trim();
        if (fields.Contains(Roles) && StaffMember.InOrder(request.Roles) is var roles && !roles.SequenceEqual(member.Roles))
            member.Roles = roles;
        if (fields.Contains(Locale))
            member.Locale = request.Locale;
        if (fields.Contains(Disabled))
            member.Disabled = request.Disabled;
        if (fields.Contains(TotpEnabled))
            member.TotpEnabled = false;
    }

    private async Task<Failure?> LoseAdministratorAsync(Guid id, CancellationToken cancellationToken)
    {
        // Read before the others are: whoever takes a role away in between has changed it, and this decision is made anew.
        var tenant = await db.Tenants.FirstAsync(cancellationToken);
        if (!await db.Staff.AnyAsync(row => row.Id != id && !row.Disabled && row.Roles.Contains(Common.Security.Roles.Administrator), cancellationToken))
            return Failure.Precondition("staff.last_administrator", "This is the tenant's last administrator. Make somebody else an administrator first.");
        tenant.AdministratorChanges++;
        return null;
    }

    private async Task ChangeCredentialsAsync(StaffMember member, string? hash, bool forgetTotp, CancellationToken cancellationToken)
    {
        var credentials = await db.Credentials.FirstAsync(row => row.StaffId == member.Id, cancellationToken);
        if (hash is not null)
            credentials.PasswordHash = hash;
        if (forgetTotp)
            (credentials.TotpSecret, credentials.PendingTotpSecret) = (null, null);
        var account = SignInAttempts.AccountOf(member.Email);
        if (await db.SignInAttempts.FirstOrDefaultAsync(row => row.Account == account, cancellationToken) is { } attempts)
            db.SignInAttempts.Remove(attempts);
    }

    private async Task EndSessionsAsync(Guid staffId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var session in await db.Sessions.Where(row => row.StaffId == staffId && row.EndedAt == null && row.ExpiresAt > now).ToListAsync(cancellationToken))
            session.EndedAt = now;
    }
}
