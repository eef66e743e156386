using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>Signs out. A token that is not known, or whose session is over, is signed out already (as in RFC 7009, 2.2).</summary>
internal sealed class EndSession(IdentityDb db, UnitOfWork<IdentityDb> unit, AuditLog audit, TimeProvider clock)
{
    public async Task<Outcome<Proto.EndSessionResponse>> HandleAsync(Proto.EndSessionRequest request, CancellationToken cancellationToken)
    {
        if (RefreshToken.TenantOf(request.RefreshToken) is not { } tenant)
            return new Proto.EndSessionResponse();
        db.TenantId = tenant;
        var hash = RefreshToken.HashOf(request.RefreshToken);
        return await unit.WriteAsync<Proto.EndSessionResponse>(async ct =>
        {
            var now = clock.GetUtcNow();
            var session = await db.RefreshTokens.Where(row => row.Hash == hash)
                .Join(db.Sessions, token => token.SessionId, session => session.Id, (_, session) => session)
                .FirstOrDefaultAsync(ct);
            if (session is not null && session.IsOpen(now))
            {
                session.EndedAt = now;
                audit.SessionEnded(tenant, session.Id, session.StaffId);
            }

            return new Proto.EndSessionResponse();
        }, cancellationToken);
    }
}
