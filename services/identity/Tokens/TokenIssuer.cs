using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Security;
using Relais.Identity.Domain;

namespace Relais.Identity.Tokens;

/// <summary>A signed token and the seconds until it expires.</summary>
internal sealed record IssuedToken(string Value, int ExpiresIn);

/// <summary>Issues access tokens with the claims that <see cref="AccessTokens"/> reads.</summary>
internal sealed class TokenIssuer(KeyRing ring, IdentityOptions options, TimeProvider clock)
{
    private readonly JsonWebTokenHandler handler = new() { SetDefaultTimesOnTokenCreation = false };

    public IssuedToken ForStaff(StaffMember member) => Issue(options.AccessTokenLife, new()
    {
        [JwtRegisteredClaimNames.Sub] = member.Id.ToString(),
        [TokenClaims.Tenant] = member.TenantId,
        [TokenClaims.Name] = member.DisplayName,
        [TokenClaims.Kind] = "staff",
        [TokenClaims.Roles] = string.Join(' ', member.Roles),
    });

    public IssuedToken ForCustomer(Customer customer, Guid conversationId) => Issue(options.ConversationTokenLife, new()
    {
        [JwtRegisteredClaimNames.Sub] = customer.Id.ToString(),
        [TokenClaims.Tenant] = customer.TenantId,
        [TokenClaims.Name] = customer.DisplayName,
        [TokenClaims.Kind] = "customer",
        [TokenClaims.Roles] = Roles.Customer,
        [TokenClaims.Conversation] = conversationId.ToString(),
    });

    public IssuedToken ForClient(MachineClient client, IEnumerable<string> scopes) => Issue(options.ClientTokenLife, new()
    {
        [JwtRegisteredClaimNames.Sub] = client.Id.ToString(),
        [TokenClaims.Tenant] = client.TenantId,
        [TokenClaims.Name] = client.DisplayName,
        [TokenClaims.Kind] = "client",
        [TokenClaims.Scope] = string.Join(' ', scopes),
    });

    /// <summary>A service of the platform works for every tenant; each of its calls names the one it is for.</summary>
    public IssuedToken ForService(string target) => Issue(options.ClientTokenLife, new()
    {
        [JwtRegisteredClaimNames.Sub] = target,
        [TokenClaims.Name] = target,
        [TokenClaims.Kind] = "service",
        [TokenClaims.Roles] = Roles.Service,
    });

    private IssuedToken Issue(TimeSpan life, Dictionary<string, object> claims)
    {
        var now = clock.GetUtcNow();
        claims[JwtRegisteredClaimNames.Jti] = Guid.CreateVersion7(now).ToString();
        var token = handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = TokenClaims.Platform,
            Audience = TokenClaims.Platform,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + life).UtcDateTime,
            Claims = claims,
            SigningCredentials = ring.Signing,
        });
        return new IssuedToken(token, (int)life.TotalSeconds);
    }
}
