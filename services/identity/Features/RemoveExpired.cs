using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Identity.Data;

namespace Relais.Identity.Features;

/// <summary>Removes keys whose last token has expired, refresh tokens and sessions that have expired, and old failed sign-ins, of every tenant.</summary>
internal sealed class RemoveExpired(IdentityDb db, WriteGate gate, TimeProvider clock)
{
    // Small enough that writers wait some milliseconds at most.
    private const int Batch = 500;

    public async Task HandleAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await RemoveAsync(() => db.SigningKeys.IgnoreQueryFilters().Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        await RemoveAsync(() => db.SignInAttempts.IgnoreQueryFilters().Where(row => row.ForgetAt < now).OrderBy(row => row.ForgetAt).Take(Batch).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        await RemoveAsync(() => db.RefreshTokens.IgnoreQueryFilters().Where(row => row.ExpiresAt < now).OrderBy(row => row.ExpiresAt).Take(Batch).ExecuteDeleteAsync(cancellationToken), cancellationToken);
        // A session ends with its last token, so that none of its tokens are left.
        await RemoveAsync(() => db.Sessions.IgnoreQueryFilters().Where(row => row.ExpiresAt < now).OrderBy(row => row.ExpiresAt).Take(Batch).ExecuteDeleteAsync(cancellationToken), cancellationToken);
    }

    private async Task RemoveAsync(Func<Task<int>> remove, CancellationToken cancellationToken)
    {
        int removed;
        do
        {
            using var turn = await gate.EnterAsync(cancellationToken);
            removed = await remove();
        }
        while (removed >= Batch);
    }
}
