using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Hosting;
using Relais.Common.Security;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Tokens;

/// <summary>The signing keys in memory: the newest signs, all that count verify.</summary>
internal sealed class KeyRing(Func<IdentityDb> open, SecretBox box, TimeProvider clock) : IVerificationKeys, IDisposable
{
    // Tokens with made-up key ids must not become a stream of queries.
    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim one = new(1, 1);
    private volatile Keys? keys;

    /// <summary>What signs; there is none before the first key.</summary>
    public SigningCredentials Signing => Known.Signing;

    public DateTimeOffset SigningSince => Known.SigningSince;

    /// <summary>The public keys that count (RFC 7517).</summary>
    public Proto.KeySet Set => Known.Set;

    private Keys Known => keys ?? throw new InvalidOperationException("The signing keys have not been read.");

    public async ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken)
    {
        if (refresh && clock.GetUtcNow() - Known.ReadAt >= ShortestRefresh)
            await ReloadAsync(cancellationToken);
        return Known.Verifying;
    }

    /// <summary>Reads the keys again, as another replica may have rotated them.</summary>
    /// <returns>Whether there is a key that signs.</returns>
    /// <exception cref="InvalidConfigurationException">The stored keys were sealed under another master key.</exception>
    public async Task<bool> ReloadAsync(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            await using var db = open();
            db.TenantId = SigningKey.Partition;
            var rows = await db.SigningKeys.AsNoTracking()
                .Where(key => key.ExpiresAt == null || key.ExpiresAt > now)
                .OrderByDescending(key => key.Generation)
                .ToListAsync(cancellationToken);
            if (rows.Find(key => key.SealedPrivate is not null) is not { } signing)
                return false;
            keys = new Keys(
                keys is { } known && known.Signing.Key.KeyId == signing.KeyId ? known.Signing : CredentialsOf(signing),
                signing.CreatedAt,
                [.. rows.Select(key => key.PublicKey())],
                SetOf(rows),
                now);
            return true;
        }
        finally
        {
            one.Release();
        }
    }

    public static Proto.KeySet SetOf(IEnumerable<SigningKey> rows)
    {
        var set = new Proto.KeySet();
        set.Keys.AddRange(rows.Select(row => row.PublicKey()).Select(key =>
            new Proto.KeySet.Types.Key { Kty = key.Kty, Crv = key.Crv, Kid = key.Kid, Use = key.Use, Alg = key.Alg, X = key.X, Y = key.Y }));
        return set;
    }

    public void Dispose() => one.Dispose();

    private SigningCredentials CredentialsOf(SigningKey key)
    {
        var pair = key.PublicKey();
        try
        {
            pair.D = Base64UrlEncoder.Encode(box.Open(SigningKey.Purpose(key.KeyId), key.SealedPrivate));
        }
        catch (CryptographicException)
        {
            // The one cause an operator can act on; the exception itself says only that the tag differs.
            throw new InvalidConfigurationException([("identity",
                $"{IdentityOptions.Section}:{nameof(IdentityOptions.MasterKey)} is not the key under which the signing keys in the database were stored. Set that key again.")]);
        }

        return new SigningCredentials(pair, SecurityAlgorithms.EcdsaSha256);
    }

    private sealed record Keys(
        SigningCredentials Signing, DateTimeOffset SigningSince, IReadOnlyList<SecurityKey> Verifying, Proto.KeySet Set, DateTimeOffset ReadAt);
}
