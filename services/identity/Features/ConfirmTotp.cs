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

/// <summary>Makes the enrolled authenticator count, once it shows a right code.</summary>
internal sealed class ConfirmTotp(IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, SecretBox box, AuditLog audit, TimeProvider clock)
{
    public async Task<Outcome<Proto.StaffMember>> HandleAsync(Proto.ConfirmTotpRequest request, CancellationToken cancellationToken)
    {
        var id = caller.ResolveMe("me", "id");
        if (id.Failure is { } nobody)
            return nobody;
        if (new Check().Text(request.Code, "code", 20).Failure is { } failure)
            return failure;
        return await unit.OnceAsync(request.RequestId, request, async ct =>
        {
            if (await db.Staff.FirstOrDefaultAsync(row => row.Id == id.Value, ct) is not { } member)
                return GetStaffMember.NotFound("me");
            var credentials = await db.Credentials.FirstAsync(row => row.StaffId == member.Id, ct);
            if (credentials.PendingTotpSecret is not { } pending)
                return Failure.Precondition("totp.not_enrolled", "There is no enrolment to confirm. Begin one with :enrolTotp.");
            if (Totp.Match(box.Open(credentials.TotpPurpose, pending), request.Code, clock.GetUtcNow(), lastStep: 0) is not { } step)
                return new Check().That(false, "code", "is not what the authenticator shows now. Wait for the next one and check the clock of your phone.").Failure!;
            credentials.TotpSecret = pending;
            credentials.PendingTotpSecret = null;
            credentials.LastTotpStep = step;
            member.TotpEnabled = true;
            await db.SaveChangesAsync(ct);
            unit.AfterCommit(() => audit.TotpEnabled(member.TenantId, member.Id));
            return (Outcome<Proto.StaffMember>)member.ToProto();
        }, cancellationToken);
    }
}
