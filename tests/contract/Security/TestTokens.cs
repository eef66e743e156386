using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Security;

namespace Relais.Contract.Security;

/// <summary>Tokens as identity would issue them, and wrong ones, signed with a key of the test's own.</summary>
internal sealed class TestTokens : IVerificationKeys, IDisposable
{
    public const string Tenant = "acme";

    private readonly ECDsa pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public ECDsaSecurityKey Key => new(pair) { KeyId = "test" };

    public ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken) => new([Key]);

    /// <summary>A token of a role, of the kind that has this role.</summary>
    public string OfRole(string role) => Sign(Claims(role));

    public static Dictionary<string, object> Claims(string role)
    {
        var claims = new Dictionary<string, object>
        {
            ["sub"] = Guid.NewGuid().ToString(),
            ["name"] = role,
            ["tenant"] = Tenant,
            ["kind"] = role switch { Roles.Customer => "customer", Roles.Partner => "client", Roles.Service => "service", _ => "staff" },
        };
        if (role == Roles.Partner)
            claims["scope"] = string.Join(' ', Roles.All[Roles.Partner]);
        else
            claims["roles"] = role;
        if (role == Roles.Customer)
            claims["conversation"] = Guid.NewGuid().ToString();
        return claims;
    }

    public string Sign(Dictionary<string, object> claims, SigningCredentials? credentials = null, Action<SecurityTokenDescriptor>? change = null)
    {
        var now = DateTime.UtcNow;
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = "relais",
            Audience = "relais",
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddMinutes(5),
            Claims = claims,
            SigningCredentials = credentials ?? new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256),
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public void Dispose() => pair.Dispose();
}
