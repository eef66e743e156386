using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>
/// Exchanges a refresh token for a new session. A token that comes back after its use was stolen, from its owner or by
/// who came first: the whole session ends (RFC 9700, 4.14.2). Not so where it comes back at once and nobody has used its
/// successor yet: the answer was lost, or two tabs refresh together, and they get that successor again.
/// </summary>
internal sealed class RefreshSession(IdentityDb db, UnitOfWork<IdentityDb> unit, SessionIssuer sessions, AuditLog audit, TimeProvider clock)
{
    // A client that hears nothing repeats within its own timeout, which is seconds.
    private static readonly TimeSpan Repeatable = TimeSpan.FromSeconds(30);

    public async Task<Outcome<Proto.Session>> HandleAsync(Proto.RefreshSessionRequest request, CancellationToken cancellationToken)
    {
        if (RefreshToken.TenantOf(request.RefreshToken) is not { } tenant)
            return Ended();
        db.TenantId = tenant;
        var hash = RefreshToken.HashOf(request.RefreshToken);
        var decided = await unit.WriteAsync<Decision>(async ct =>
        {
            var now = clock.GetUtcNow();
            var token = await db.RefreshTokens.FirstOrDefaultAsync(row => row.Hash == hash, ct);
            if (token is null)
                return Ended();
            var session = await db.Sessions.FirstAsync(row => row.Id == token.SessionId, ct);
            if (!session.IsOpen(now) || token.ExpiresAt <= now)
                return Ended();
            var member = await db.Staff.FirstAsync(row => row.Id == session.StaffId, ct);
            if (!member.Disabled && token.UsedAt is { } usedAt && now - usedAt <= Repeatable)
            {
                var successor = sessions.SuccessorOf(request.RefreshToken);
                var successorHash = RefreshToken.HashOf(successor);
                if (await db.RefreshTokens.AnyAsync(row => row.Hash == successorHash && row.UsedAt == null, ct))
                    return new Decision(member, successor);
            }

            if (token.UsedAt is not null || member.Disabled)
            {
                // Saved, although the answer is a refusal.
                session.EndedAt = now;
                if (token.UsedAt is not null)
                    audit.RefreshTokenReused(tenant, session.Id, member.Id);
                return new Decision(null, "");
            }

            token.UsedAt = now;
            return new Decision(member, sessions.Continue(session, request.RefreshToken, now));
        }, cancellationToken);
        if (decided.Failure is { } failure)
            return failure;
        return decided.Value is { Member: { } owner, RefreshToken: var next } ? sessions.Describe(owner, next) : Ended();
    }

    private static Failure Ended() =>
        new(FailureKind.Unauthenticated, "session.ended", "This session has ended or the token was used before. Sign in again.");

    private sealed record Decision(StaffMember? Member, string RefreshToken);
}
