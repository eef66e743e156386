using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>Replaces the key that signs: on request, at its age, and when there is none yet.</summary>
internal sealed class RotateKeys(
    IdentityDb db, UnitOfWork<IdentityDb> unit, KeyRing ring, SecretBox box, IdentityOptions options, AuditLog audit, TimeProvider clock)
{
    // Each key stays in the key set as long as its last token lives; a key set that grows without end would be a way to slow everybody down.
    private const int MostKeys = 20;

    // Another replica may sign with the old key until it looks again, and clocks differ.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    public async Task<Outcome<Proto.KeySet>> HandleAsync(Proto.RotateKeysRequest request, CancellationToken cancellationToken)
    {
        if (!await db.Tenants.AnyAsync(tenant => tenant.IsOperator, cancellationToken))
            return OperatorOnly();
        db.TenantId = SigningKey.Partition;
        var rotated = await unit.OnceAsync(request.RequestId, request, async ct =>
        {
            var keys = await CountingAsync(ct);
            if (keys.Count >= MostKeys)
            {
                return new Failure(FailureKind.Exhausted, "keys.too_many", "The key was replaced many times lately. Wait until the oldest ones have expired.")
                {
                    RetryAfter = keys.Min(key => key.ExpiresAt) - clock.GetUtcNow(),
                };
            }

            return (Outcome<Proto.KeySet>)KeyRing.SetOf([Rotate(keys), .. keys]);
        }, cancellationToken);
        await ring.ReloadAsync(cancellationToken);
        return rotated;
    }

    /// <summary>Reads the keys, and makes the first one where there is none.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (!await ring.ReloadAsync(cancellationToken))
            await RotateOlderThanAsync(TimeSpan.Zero, cancellationToken);
        else
            await RotateIfDueAsync(cancellationToken);
    }

    /// <summary>Reads the keys again, and replaces the one that signs when it is old enough.</summary>
    public async Task RotateIfDueAsync(CancellationToken cancellationToken)
    {
        await ring.ReloadAsync(cancellationToken);
        if (clock.GetUtcNow() - ring.SigningSince >= options.KeyLife)
            await RotateOlderThanAsync(options.KeyLife, cancellationToken);
    }

    /// <summary>For what concerns every tenant.</summary>
    public static Failure OperatorOnly() => Failure.Denied("tenant.not_operator",
        "This concerns every tenant of the platform, so it is for the administrators of the tenant that runs it: the first one.");

    private async Task RotateOlderThanAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        db.TenantId = SigningKey.Partition;
        await unit.WriteAsync<bool>(async ct =>
        {
            var keys = await CountingAsync(ct);
            // Another replica may have been faster.
            if (keys.Find(key => key.ExpiresAt is null) is not { } signing || clock.GetUtcNow() - signing.CreatedAt >= age)
                Rotate(keys);
            return true;
        }, cancellationToken);
        await ring.ReloadAsync(cancellationToken);
    }

    private Task<List<SigningKey>> CountingAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return db.SigningKeys.Where(key => key.ExpiresAt == null || key.ExpiresAt > now).OrderByDescending(key => key.Generation).ToListAsync(cancellationToken);
    }

    private SigningKey Rotate(List<SigningKey> keys)
    {
        var now = clock.GetUtcNow();
        foreach (var retired in keys.Where(key => key.ExpiresAt is null))
            retired.Retire(now + options.LongestTokenLife + Margin);
        var (pair, secret) = SigningKey.NewPair();
        var key = new SigningKey
        {
            Generation = keys.Count == 0 ? 1 : keys[0].Generation + 1,
            KeyId = pair.Kid,
            X = pair.X,
            Y = pair.Y,
            SealedPrivate = box.Seal(SigningKey.Purpose(pair.Kid), secret),
            CreatedAt = now,
        };
        db.SigningKeys.Add(key);
        unit.AfterCommit(() => audit.KeyRotated(key.KeyId));
        return key;
    }
}
