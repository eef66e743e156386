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

/// <summary>Adds a member of staff. Roles are the administrators' to give, and only they hold <c>staff.write</c>.</summary>
internal sealed class CreateStaffMember(
    IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, PasswordWork passwords, AuditLog audit, TimeProvider clock)
{
    public async Task<Outcome<Proto.StaffMember>> HandleAsync(Proto.CreateStaffMemberRequest request, CancellationToken cancellationToken)
    {
        var emailKey = EmailAddress.Normalise(request.Email);
        var check = new Check()
            .That(emailKey is not null, "email", "must be an e-mail address.")
            .Text(request.DisplayName, "displayName", 200)
            .Locale(request.Locale, "locale", required: false)
            .StaffRoles(request.Roles);
        if (PasswordRule.Problem(request.Password, request.Email) is { } problem)
            check.That(false, "password", problem);
        if (check.Failure is { } failure)
            return failure;

        var hash = await passwords.HashAsync(request.Password, cancellationToken);
        return await unit.OnceAsync(request.RequestId, request.WithoutSecrets(), async ct =>
        {
            if (await db.Staff.AnyAsync(member => member.EmailKey == emailKey, ct))
                return new Failure(FailureKind.AlreadyExists, "staff.email_taken", "A member of staff has this e-mail address already.");
            var now = clock.GetUtcNow();
            var member = new StaffMember
            {
                Id = Guid.CreateVersion7(now),
                Email = request.Email.Trim(),
                EmailKey = emailKey!,
                DisplayName = request.DisplayName.Trim(),
                Roles = StaffMember.InOrder(request.Roles),
                Locale = request.Locale.Length > 0 ? request.Locale : await db.Tenants.Select(tenant => tenant.DefaultLocale).FirstAsync(ct),
                CreatedAt = now,
            };
            db.Staff.Add(member);
            db.Credentials.Add(new StaffCredentials { StaffId = member.Id, PasswordHash = hash });
            db.Publish(member.Added(), now);
            await db.SaveChangesAsync(ct);
            unit.AfterCommit(() => audit.StaffAdded(member.TenantId, member.Id, string.Join(' ', member.Roles), caller.Caller.SubjectId));
            return (Outcome<Proto.StaffMember>)member.ToProto();
        }, cancellationToken);
    }
}

internal static class StaffChecks
{
    /// <summary>At least one role, and only such as staff can have.</summary>
    public static Check StaffRoles(this Check check, IReadOnlyList<string> roles)
    {
        check.That(roles.Count > 0, "roles", "must have at least one role.");
        for (var position = 0; position < roles.Count && position < Roles.OfStaff.Count; position++)
            check.That(Roles.OfStaff.Contains(roles[position], StringComparer.Ordinal), $"roles[{position}]", $"is none of {string.Join(", ", Roles.OfStaff)}.");
        return check.That(roles.Count <= Roles.OfStaff.Count, "roles", $"must be at most {Roles.OfStaff.Count}.");
    }
}
