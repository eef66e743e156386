using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Microsoft.IdentityModel.Tokens;
using Relais.Common.Failures;
using Relais.Common.Security;

namespace Relais.Contract.Security;

/// <summary>Tokens that must not count, each wrong in one thing.</summary>
public sealed class TokenChecks
{
    // An administrator may call it.
    private const string Guarded = "/relais.identity.v1.Identity/CreateTenant";
    private const string Public = "/relais.knowledge.v1.Knowledge/Ask";

    public static TheoryData<string> WrongTokens() =>
    [
        "expired", "not yet valid", "no expiry", "other issuer", "other audience", "other key, same id", "other key, unknown id", "tampered claims",
        "alg none", "hs256 with the public key", "rs256", "no kind", "kind anonymous", "not a token", "empty", "three dots",
    ];

    [Theory]
    [MemberData(nameof(WrongTokens))]
    public async Task Token_that_is_wrong_in_one_thing_is_refused_also_by_public_methods(string what)
    {
        await using var platform = await GuardedPlatform.StartAsync();
        var authorization = "Bearer " + Wrong(platform.Tokens, what);
        foreach (var method in new[] { Guarded, Public })
        {
            var answer = await platform.CallAsync(method, authorization);
            Assert.Equal((StatusCode.Unauthenticated, "token.invalid"), (answer.StatusCode, FailureStatus.CodeOf(answer)));
        }
    }

    [Theory]
    [InlineData("Basic YTpi")]
    [InlineData("bearer")]
    [InlineData("Token x")]
    public async Task Authorization_that_is_no_bearer_token_is_refused(string authorization)
    {
        await using var platform = await GuardedPlatform.StartAsync();
        var answer = await platform.CallAsync(Guarded, authorization);
        Assert.Equal((StatusCode.Unauthenticated, "token.invalid"), (answer.StatusCode, FailureStatus.CodeOf(answer)));
    }

    [Fact]
    public async Task Token_that_is_right_counts_with_any_case_of_the_scheme()
    {
        await using var platform = await GuardedPlatform.StartAsync();
        var token = platform.Tokens.OfRole(Roles.Administrator);
        Assert.Equal(StatusCode.Unimplemented, (await platform.CallAsync(Guarded, "Bearer " + token)).StatusCode);
        Assert.Equal(StatusCode.Unimplemented, (await platform.CallAsync(Guarded, "bearer  " + token)).StatusCode);
    }

    [Fact]
    public async Task Role_that_does_not_exist_and_a_scope_on_a_staff_token_add_nothing()
    {
        await using var platform = await GuardedPlatform.StartAsync();
        var claims = TestTokens.Claims("superuser");
        claims["scope"] = "tenants.write";
        Assert.Equal(StatusCode.PermissionDenied, (await platform.CallAsync(Guarded, "Bearer " + platform.Tokens.Sign(claims))).StatusCode);
        claims = TestTokens.Claims(Roles.Partner);
        claims["roles"] = Roles.Administrator;
        Assert.Equal(StatusCode.PermissionDenied, (await platform.CallAsync(Guarded, "Bearer " + platform.Tokens.Sign(claims))).StatusCode);
    }

    [Fact]
    public async Task Anonymous_call_for_a_tenant_that_does_not_exist_is_not_found()
    {
        await using var platform = await GuardedPlatform.StartAsync();
        Assert.Equal(StatusCode.Unimplemented, (await platform.CallAsync(Public, null, ("relais-tenant", TestTokens.Tenant))).StatusCode);
        var answer = await platform.CallAsync(Public, null, ("relais-tenant", "nowhere"));
        Assert.Equal((StatusCode.NotFound, "tenant.unknown"), (answer.StatusCode, FailureStatus.CodeOf(answer)));
    }

    [Fact]
    public async Task Method_outside_the_contracts_is_not_served()
    {
        await using var platform = await GuardedPlatform.StartAsync();
        Assert.Equal(StatusCode.Unimplemented, (await platform.CallAsync("/relais.identity.v1.Identity/Nothing", null)).StatusCode);
    }

    private static string Wrong(TestTokens tokens, string what)
    {
        var claims = TestTokens.Claims(Roles.Administrator);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        SigningCredentials OtherKey(string id) =>
            new(new ECDsaSecurityKey(other) { KeyId = id, CryptoProviderFactory = new() { CacheSignatureProviders = false } }, SecurityAlgorithms.EcdsaSha256);
        switch (what)
        {
            case "expired":
                return tokens.Sign(claims, change: token => (token.NotBefore, token.IssuedAt, token.Expires) =
                    (DateTime.UtcNow.AddMinutes(-2), DateTime.UtcNow.AddMinutes(-2), DateTime.UtcNow.AddMinutes(-1)));
            case "not yet valid":
                return tokens.Sign(claims, change: token => token.NotBefore = DateTime.UtcNow.AddMinutes(2));
            case "no expiry":
                return tokens.Sign(claims, change: token => token.Expires = null);
            case "other issuer":
                return tokens.Sign(claims, change: token => token.Issuer = "someone else");
            case "other audience":
                return tokens.Sign(claims, change: token => token.Audience = "something else");
            case "other key, same id":
                return tokens.Sign(claims, OtherKey("test"));
            case "other key, unknown id":
                return tokens.Sign(claims, OtherKey("another"));
            case "tampered claims":
                var parts = tokens.OfRole(Roles.Agent).Split('.');
                var body = Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(parts[1])).Replace(Roles.Agent, Roles.Administrator, StringComparison.Ordinal);
                return $"{parts[0]}.{Base64UrlEncoder.Encode(body)}.{parts[2]}";
            case "alg none":
                return $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{tokens.OfRole(Roles.Administrator).Split('.')[1]}.";
            case "hs256 with the public key":
                using (var pair = ECDsa.Create())
                {
                    pair.ImportSubjectPublicKeyInfo(((ECDsaSecurityKey)tokens.Key).ECDsa.ExportSubjectPublicKeyInfo(), out _);
                    return tokens.Sign(claims, new SigningCredentials(new SymmetricSecurityKey(pair.ExportSubjectPublicKeyInfo()) { KeyId = "test" }, SecurityAlgorithms.HmacSha256));
                }

            case "rs256":
                using (var rsa = RSA.Create(2048))
                {
                    return tokens.Sign(claims, new SigningCredentials(
                        new RsaSecurityKey(rsa) { KeyId = "test", CryptoProviderFactory = new() { CacheSignatureProviders = false } }, SecurityAlgorithms.RsaSha256));
                }

            case "no kind":
                claims.Remove("kind");
                return tokens.Sign(claims);
            case "kind anonymous":
                claims["kind"] = "anonymous";
                return tokens.Sign(claims);
            case "not a token":
                return "hello";
            case "empty":
                return "";
            default:
                return "...";
        }
    }
}
