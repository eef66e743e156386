using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Security;
using Relais.Contracts.Identity.V1;

namespace Relais.Contract.Hosting;

/// <summary>Signs tokens as identity would, so that a service can be tested alone.</summary>
internal sealed class TestKeys : IVerificationKeys, IServiceToken, IDisposable
{
    private readonly ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsaSecurityKey key;

    public TestKeys() => key = new ECDsaSecurityKey(curve) { KeyId = "test" };

    public ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<SecurityKey>>([key]);

    /// <summary>The public key as identity shows it.</summary>
    public KeySet.Types.Key Public
    {
        get
        {
            var point = curve.ExportParameters(includePrivateParameters: false).Q;
            return new() { Kty = "EC", Crv = "P-256", Use = "sig", Alg = "ES256", Kid = key.KeyId, X = Base64UrlEncoder.Encode(point.X), Y = Base64UrlEncoder.Encode(point.Y) };
        }
    }

    /// <summary>What the target under test calls other replicas with.</summary>
    public ValueTask<string> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Service("test"));

    /// <summary>A member of staff with these roles.</summary>
    public string Staff(string tenantId, params string[] roles) => Staff(Guid.NewGuid(), tenantId, roles);

    /// <summary>That member of staff.</summary>
    public string Staff(Guid id, string tenantId, params string[] roles) => Sign(tenantId, "staff", id, new() { [TokenClaims.Roles] = string.Join(' ', roles) });

    /// <summary>A partner's program with these permissions.</summary>
    public string Client(string tenantId, params string[] scopes) => Sign(tenantId, "client", Guid.NewGuid(), new() { [TokenClaims.Scope] = string.Join(' ', scopes) });

    /// <summary>A customer in one conversation.</summary>
    public string Customer(string tenantId, Guid conversationId) => Sign(tenantId, "customer", Guid.NewGuid(), new()
    {
        [TokenClaims.Roles] = Roles.Customer,
        [TokenClaims.Conversation] = conversationId.ToString(),
    });

    /// <summary>Another service of the platform; the tenant it works for goes into the header.</summary>
    public string Service(string name) => Sign("", "service", Guid.Empty, new() { [TokenClaims.Roles] = Roles.Service, [TokenClaims.Name] = name });

    public void Dispose() => curve.Dispose();

    private string Sign(string tenantId, string kind, Guid subject, Dictionary<string, object> claims)
    {
        claims[TokenClaims.Kind] = kind;
        claims[TokenClaims.Tenant] = tenantId;
        claims[JwtRegisteredClaimNames.Sub] = subject.ToString();
        claims.TryAdd(TokenClaims.Name, "Test");
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = TokenClaims.Platform,
            Audience = TokenClaims.Platform,
            Expires = DateTime.UtcNow.AddHours(1),
            Claims = claims,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        });
    }
}
