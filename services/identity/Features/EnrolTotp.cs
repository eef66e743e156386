using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>Makes a secret for the caller's authenticator app; it counts once a code of it has been confirmed.</summary>
internal sealed class EnrolTotp(IdentityDb db, UnitOfWork<IdentityDb> unit, CallerContext caller, SecretBox box)
{
    private const string Issuer = "Relais";

    public async Task<Outcome<Proto.TotpEnrolment>> HandleAsync(Proto.EnrolTotpRequest request, CancellationToken cancellationToken)
    {
        var id = caller.ResolveMe("me", "id");
        if (id.Failure is { } nobody)
            return nobody;
        // Stored answers are in clear, so the secret joins the answer afterwards.
        var enrolled = await unit.OnceAsync(request.RequestId, request, async ct =>
        {
            if (await db.Credentials.FirstOrDefaultAsync(row => row.StaffId == id.Value, ct) is not { } credentials)
                return GetStaffMember.NotFound("me");
            if (credentials.TotpSecret is not null)
                return Enrolled();
            credentials.PendingTotpSecret = box.Seal(credentials.TotpPurpose, Totp.NewSecret());
            return (Outcome<Proto.TotpEnrolment>)new Proto.TotpEnrolment();
        }, cancellationToken);
        if (enrolled.Failure is { } failure)
            return failure;
        var (member, stored) = await db.Staff.AsNoTracking().Where(row => row.Id == id.Value)
            .Join(db.Credentials.AsNoTracking(), row => row.Id, row => row.StaffId, (row, credentials) => new ValueTuple<StaffMember, StaffCredentials>(row, credentials))
            .FirstAsync(cancellationToken);
        if (stored.PendingTotpSecret is not { } pending)
            return Enrolled();
        var secret = Totp.ToBase32(box.Open(stored.TotpPurpose, pending));
        return new Proto.TotpEnrolment { Secret = secret, Uri = Totp.Uri(Issuer, member.Email, secret) };
    }

    private static Failure Enrolled() => Failure.Precondition("totp.enrolled",
        "This account has an authenticator already. An administrator can take it away, by an update with totpEnabled in its mask.");
}
