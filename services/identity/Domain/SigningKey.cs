using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Data;

namespace Relais.Identity.Domain;

/// <summary>
/// A P-256 key that signs tokens, or did: retired, its public half stays until every token that it signed has expired.
/// Keys are the platform's own, in the partition <see cref="Partition"/>.
/// </summary>
internal sealed class SigningKey : ITenantOwned
{
    /// <summary>The partition of rows that belong to the platform itself; no tenant has this id.</summary>
    public const string Partition = "";

    public string TenantId { get; set; } = "";

    /// <summary>Grows by one; two replicas that rotate at once meet here.</summary>
    public required int Generation { get; init; }

    /// <summary>The key's thumbprint (RFC 7638).</summary>
    public required string KeyId { get; init; }

    /// <summary>The point's coordinates in base64url.</summary>
    public required string X { get; init; }

    public required string Y { get; init; }

    /// <summary>The private number, sealed; null once retired.</summary>
    public byte[]? SealedPrivate { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last token expires; null while it signs.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    public static string Purpose(string keyId) => $"signing-key/{keyId}";

    /// <summary>A new key pair.</summary>
    public static (JsonWebKey Public, byte[] Private) NewPair()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = pair.ExportParameters(includePrivateParameters: true);
        var key = new JsonWebKey
        {
            Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
            Crv = JsonWebKeyECTypes.P256,
            X = Base64UrlEncoder.Encode(parameters.Q.X),
            Y = Base64UrlEncoder.Encode(parameters.Q.Y),
        };
        key.Kid = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        return (key, parameters.D!);
    }

    /// <summary>Signs no more; its private half is forgotten.</summary>
    public void Retire(DateTimeOffset lastTokenExpires)
    {
        SealedPrivate = null;
        ExpiresAt = lastTokenExpires;
    }

    public JsonWebKey PublicKey() => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
        Crv = JsonWebKeyECTypes.P256,
        Kid = KeyId,
        Use = JsonWebKeyUseNames.Sig,
        Alg = SecurityAlgorithms.EcdsaSha256,
        X = X,
        Y = Y,
    };
}
