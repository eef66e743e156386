using System.Security.Claims;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Failures;
using Relais.Contracts;

namespace Relais.Common.Security;

/// <summary>Names of the claims in Relais' tokens.</summary>
public static class TokenClaims
{
    /// <summary>Issuer and audience of every token.</summary>
    public const string Platform = "relais";
    public const string Kind = "kind";
    public const string Tenant = "tenant";
    public const string Name = "name";

    /// <summary>Roles, separated by spaces.</summary>
    public const string Roles = "roles";

    /// <summary>A client's permissions, separated by spaces.</summary>
    public const string Scope = "scope";
    public const string Conversation = "conversation";
}

/// <summary>Where the public keys come from: identity itself, or identity over gRPC.</summary>
public interface IVerificationKeys
{
    /// <summary>The keys that count now.</summary>
    /// <param name="refresh">Ask again, because a token names a key that was not among them.</param>
    ValueTask<IReadOnlyList<SecurityKey>> GetAsync(bool refresh, CancellationToken cancellationToken);
}

/// <summary>Verifies access tokens (ES256) and reads the caller from them. Verified tokens are remembered until they expire.</summary>
public sealed class AccessTokens(IVerificationKeys keys, TimeProvider clock) : IDisposable
{
    // A verified token costs about 1 KB; the oldest go first.
    private readonly MemoryCache verified = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false };

    /// <summary>Who calls, where they may: the caller of the token, an anonymous one where none is needed.</summary>
    /// <param name="authorization">The header with the token; empty for none.</param>
    public async ValueTask<Outcome<Caller>> AdmitAsync(string? authorization, string permission, CancellationToken cancellationToken)
    {
        var caller = Caller.Anonymous("");
        if (!string.IsNullOrEmpty(authorization))
        {
            var known = authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
                ? await VerifyAsync(authorization[7..].Trim(), cancellationToken)
                : null;
            if (known is null)
                return new Failure(FailureKind.Unauthenticated, "token.invalid", "The token is not valid or has expired. Sign in again.");
            caller = known;
        }

        if (permission == ContractCatalogue.PublicPermission || caller.May(permission))
            return caller;
        return caller.Kind == CallerKind.Anonymous
            ? new Failure(FailureKind.Unauthenticated, "token.missing", "This call needs a token: send it as 'Authorization: Bearer TOKEN'.")
            : Failure.Denied("permission.denied", $"This call needs the permission {permission}, which your token does not hold.");
    }

    /// <summary>The caller of a token, or null for one that does not count: forged, expired, of an unknown key.</summary>
    public async ValueTask<Caller?> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (verified.TryGetValue(token, out (Caller Caller, DateTimeOffset Until) known))
            return known.Until > clock.GetUtcNow() ? known.Caller : null;
        var result = await ValidateAsync(token, refresh: false, cancellationToken);
        if (!result.IsValid && result.Exception is SecurityTokenSignatureKeyNotFoundException)
            result = await ValidateAsync(token, refresh: true, cancellationToken);
        if (!result.IsValid || Read(result.ClaimsIdentity) is not { } caller)
            return null;
        var until = new DateTimeOffset(result.SecurityToken.ValidTo, TimeSpan.Zero);
        using var entry = verified.CreateEntry(token);
        entry.Size = 1;
        entry.AbsoluteExpiration = until;
        entry.Value = (caller, until);
        return caller;
    }

    public void Dispose() => verified.Dispose();

    private async Task<TokenValidationResult> ValidateAsync(string token, bool refresh, CancellationToken cancellationToken) =>
        await handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = TokenClaims.Platform,
            ValidAudience = TokenClaims.Platform,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeys = await keys.GetAsync(refresh, cancellationToken),
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.FromSeconds(5),
            LifetimeValidator = (notBefore, expires, _, parameters) =>
                notBefore - parameters.ClockSkew <= clock.GetUtcNow().UtcDateTime && clock.GetUtcNow().UtcDateTime < expires + parameters.ClockSkew,
        });

    private static Caller? Read(ClaimsIdentity claims)
    {
        string Claim(string name) => claims.FindFirst(name)?.Value ?? "";
        if (!Enum.TryParse<CallerKind>(Claim(TokenClaims.Kind), ignoreCase: true, out var kind) || kind == CallerKind.Anonymous)
            return null;
        IReadOnlySet<string> permissions = kind == CallerKind.Client
            ? Claim(TokenClaims.Scope).Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal)
            : Roles.PermissionsOf(Claim(TokenClaims.Roles).Split(' '));
        return new Caller(
            kind,
            Claim(TokenClaims.Tenant),
            Guid.TryParse(Claim(JwtRegisteredClaimNames.Sub), out var subject) ? subject : Guid.Empty,
            Claim(TokenClaims.Name),
            permissions,
            Guid.TryParse(Claim(TokenClaims.Conversation), out var conversation) ? conversation : null);
    }
}
