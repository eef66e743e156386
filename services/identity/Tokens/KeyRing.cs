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
internal sealed class KeyRing : IVerificationKeys, IDisposable
{
    private readonly Func<IdentityDb> open;
    private readonly SecretBox box;
    private readonly TimeProvider clock;
    private readonly KeptCopy<Keys> keys;

    public KeyRing(Func<IdentityDb> open, SecretBox box, TimeProvider clock)
    {
        (this.open, this.box, this.clock) = (open, box, clock);
        keys = new KeptCopy<Keys>(ReadAsync, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What signs; there is none before the first key.</summary>
    public SigningCredentials Signing => Known.Signing ?? throw NotRead();

    public DateTimeOffset SigningSince => Known.SigningSince;

    private Keys Known => keys.Latest ?? throw NotRead();

    public async ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken) =>
        (refresh ? await keys.AfterMissAsync(cancellationToken) : Known).Verifying;

    /// <summary>
    /// The public keys that count (RFC 7517), from the database: who asks may have met a key that another replica made a
    /// moment ago.
    /// </summary>
    public async Task<Proto.KeySet> ReadSetAsync(CancellationToken cancellationToken) => (await keys.ReadAsync(cancellationToken)).Set;

    /// <summary>Reads the keys again, as another replica may have rotated them.</summary>
    /// <returns>Whether there is a key that signs.</returns>
    /// <exception cref="InvalidConfigurationException">The stored keys were sealed under another master key.</exception>
    public async Task<bool> ReloadAsync(CancellationToken cancellationToken) => (await keys.ReadAsync(cancellationToken)).Signing is not null;

    public static Proto.KeySet SetOf(IEnumerable<SigningKey> rows)
    {
        var set = new Proto.KeySet();
        set.Keys.AddRange(rows.Select(row => row.PublicKey()).Select(key =>
            new Proto.KeySet.Types.Key { Kty = key.Kty, Crv = key.Crv, Kid = key.Kid, Use = key.Use, Alg = key.Alg, X = key.X, Y = key.Y }));
        return set;
    }

    public void Dispose() => keys.Dispose();

    private async Task<Keys> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = open();
        db.TenantId = SigningKey.Partition;
        var rows = await db.SigningKeys.AsNoTracking()
            .Where(key => key.ExpiresAt == null || key.ExpiresAt > now)
            .OrderByDescending(key => key.Generation)
            .ToListAsync(cancellationToken);
        var signing = rows.Find(key => key.SealedPrivate is not null);
        var known = keys.Latest?.Signing;
        return new Keys(
            signing is null ? null : known?.Key.KeyId == signing.KeyId ? known : CredentialsOf(signing),
            signing?.CreatedAt ?? DateTimeOffset.MinValue,
            [.. rows.Select(key => key.PublicKey())],
            SetOf(rows));
    }

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

    private static InvalidOperationException NotRead() => new("The signing keys have not been read.");

    /// <param name="Signing">Null before the first key was made.</param>
    private sealed record Keys(SigningCredentials? Signing, DateTimeOffset SigningSince, IReadOnlyList<SecurityKey> Verifying, Proto.KeySet Set);
}
