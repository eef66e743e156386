using Microsoft.AspNetCore.Identity;
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
/// Signs a member of staff in. An account that does not exist costs the same work, gets the same answers and locks in the
/// same way as one that does.
/// </summary>
internal sealed class CreateSession(
    IdentityDb db, UnitOfWork<IdentityDb> unit, Tenants tenants, PasswordWork passwords, SecretBox box, SessionIssuer sessions,
    IdentityOptions options, AuditLog audit, TimeProvider clock)
{
    public async Task<Outcome<Proto.Session>> HandleAsync(Proto.CreateSessionRequest request, CancellationToken cancellationToken)
    {
        var check = new Check()
            .That(request.Tenant.Length == 0 || Tenant.IsId(request.Tenant), "tenant", "is not a tenant's id.")
            .Text(request.Email, "email", EmailAddress.Longest)
            .That(request.Password.Length > 0, "password", "must not be empty.")
            .That(request.Password.Length <= PasswordRule.Longest, "password", $"must be at most {PasswordRule.Longest} characters long.")
            .That(request.Totp.Length <= 20, "totp", "must be the six digits that the authenticator app shows.");
        if (check.Failure is { } failure)
            return failure;
        if (request.Tenant.Length > 0)
            db.TenantId = request.Tenant;
        else if (await tenants.OnlyAsync(cancellationToken) is { } only)
            db.TenantId = only;
        else
            return new Check().That(false, "tenant", "must name a tenant, as this platform has several.").Failure!;

        var account = SignInAttempts.AccountOf(request.Email);
        if (await LockedAsync(account, cancellationToken) is { } locked)
            return locked;
        var emailKey = EmailAddress.Normalise(request.Email) ?? "";
        var known = await db.Staff.AsNoTracking().Where(member => member.EmailKey == emailKey)
            .Join(db.Credentials, member => member.Id, credentials => credentials.StaffId, (_, credentials) => credentials)
            .FirstOrDefaultAsync(cancellationToken);
        // Outside the transaction: it takes long, and others write meanwhile.
        var password = await passwords.CheckAsync(known?.PasswordHash, request.Password, cancellationToken);
        var rehashed = password == PasswordVerificationResult.SuccessRehashNeeded ? await passwords.HashAsync(request.Password, cancellationToken) : null;
        var proof = new Proof(account, known, password != PasswordVerificationResult.Failed, rehashed, request.Totp);
        var decided = await unit.WriteAsync<Decision>(async ct => await DecideAsync(proof, ct), cancellationToken);
        if (decided.Failure is { } unexpected)
            return unexpected;
        if (decided.Value.Refusal is { } refusal)
            return refusal;
        audit.SignedIn(db.TenantId, decided.Value.Member!.Id);
        return sessions.Describe(decided.Value.Member, decided.Value.RefreshToken);
    }

    private async Task<Failure?> LockedAsync(string account, CancellationToken cancellationToken)
    {
        var attempts = await db.SignInAttempts.AsNoTracking().FirstOrDefaultAsync(row => row.Account == account, cancellationToken);
        return attempts?.LockedFor(clock.GetUtcNow()) is { } time ? Locked(time) : null;
    }

    // A refusal is a decision too: the failure that it counts must be saved.
    private async Task<Decision> DecideAsync(Proof proof, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var attempts = await db.SignInAttempts.FirstOrDefaultAsync(row => row.Account == proof.Account, cancellationToken);
        // Others may have failed while this password was checked; a lock holds for a right guess among many, too.
        if (attempts?.LockedFor(now) is { } time)
            return new Decision(Locked(time));
        var credentials = proof.PasswordIsRight
            ? await db.Credentials.FirstOrDefaultAsync(row => row.StaffId == proof.Known!.StaffId, cancellationToken)
            : null;
        // Changed since it was checked: it is not known to be right any more.
        if (credentials is null || credentials.PasswordHash != proof.Known!.PasswordHash)
            return Refuse(proof, attempts, "password", Wrong(), now);
        var member = await db.Staff.FirstAsync(row => row.Id == credentials.StaffId, cancellationToken);
        if (member.Disabled)
        {
            audit.SignInRefused(db.TenantId!, proof.Account, member.Id, "disabled");
            return new Decision(Failure.Denied("sign_in.disabled", "This account is disabled. Ask an administrator to enable it."));
        }

        if (credentials.TotpSecret is { } secret)
        {
            if (proof.Totp.Length == 0)
                return new Decision(new Failure(FailureKind.Unauthenticated, "sign_in.totp_required", "This account needs the six digits of its authenticator app: send them as totp."));
            if (Totp.Match(box.Open(credentials.TotpPurpose, secret), proof.Totp, now, credentials.LastTotpStep) is not { } step)
                return Refuse(proof, attempts, "totp", WrongCode(), now);
            credentials.LastTotpStep = step;
        }

        if (proof.Rehashed is { } hash)
            credentials.PasswordHash = hash;
        if (attempts is not null)
            db.SignInAttempts.Remove(attempts);
        return new Decision(null, member, sessions.Begin(member, now));
    }

    private Decision Refuse(Proof proof, SignInAttempts? attempts, string reason, Failure refusal, DateTimeOffset now)
    {
        if (attempts is null)
        {
            attempts = new SignInAttempts { Account = proof.Account };
            db.SignInAttempts.Add(attempts);
        }

        audit.SignInRefused(db.TenantId!, proof.Account, proof.Known?.StaffId, reason);
        if (!attempts.Fail(options.Lockout, now))
            return new Decision(refusal);
        audit.SignInLocked(db.TenantId!, proof.Account, proof.Known?.StaffId);
        return new Decision(Locked(options.LockoutTime));
    }

    private static Failure Wrong() =>
        new(FailureKind.Unauthenticated, "sign_in.refused", "The e-mail address or the password is wrong, or there is no such account here.");

    private static Failure WrongCode() =>
        new(FailureKind.Unauthenticated, "sign_in.totp_wrong", "The code is wrong, or was used already. Wait for the next one and check the clock of your phone.");

    private static Failure Locked(TimeSpan time) =>
        new(FailureKind.Exhausted, "sign_in.locked", "There were too many failed sign-ins with this e-mail address. Wait, then try again.") { RetryAfter = time };

    private sealed record Proof(string Account, StaffCredentials? Known, bool PasswordIsRight, string? Rehashed, string Totp);

    private sealed record Decision(Failure? Refusal, StaffMember? Member = null, string RefreshToken = "");
}
