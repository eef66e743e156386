using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Identity.Data;
using Relais.Identity.Domain;
using Relais.Identity.Tokens;
using Proto = Relais.Contracts.Identity.V1;

namespace Relais.Identity.Features;

/// <summary>Client credentials (RFC 6749, 4.4): of partners' programs, and of the platform's own services.</summary>
internal sealed class IssueClientToken(IdentityDb db, TokenIssuer tokens, PlatformOptions platform, AuditLog audit)
{
    private static readonly byte[] Nobodys = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    public async Task<Outcome<Proto.ClientToken>> HandleAsync(Proto.IssueClientTokenRequest request, CancellationToken cancellationToken)
    {
        if (request.ClientId.StartsWith(PlatformOptions.ServiceClientPrefix, StringComparison.Ordinal))
            return ForService(request.ClientId[PlatformOptions.ServiceClientPrefix.Length..], request);
        if (MachineClient.Parse(request.ClientId) is not { } parsed)
            return Refuse("malformed client id");
        db.TenantId = parsed.TenantId;
        var client = await db.Clients.AsNoTracking().FirstOrDefaultAsync(row => row.Id == parsed.Id, cancellationToken);
        if (!CryptographicOperations.FixedTimeEquals(client?.SecretHash ?? Nobodys, MachineClient.HashOf(request.ClientSecret)) || client is null)
            return Refuse(client is null ? "unknown client" : "wrong secret");
        if (client.Grant(request.Scope) is not { } scopes)
        {
            return Failure.Invalid("oauth.invalid_scope", $"This client has the scopes {string.Join(' ', client.Scopes)} and was asked for others. Leave scope out to get all it has.",
                new FieldViolation("scope", "asks for more than this client has."));
        }

        audit.ClientSignedIn(client.ClientId);
        return Answer(tokens.ForClient(client, scopes), string.Join(' ', scopes));
    }

    private Outcome<Proto.ClientToken> ForService(string target, Proto.IssueClientTokenRequest request)
    {
        if (target.Length is 0 or > 40 || !target.All(char.IsAsciiLetterLower))
            return Refuse("malformed service name");
        return CryptographicOperations.FixedTimeEquals(MachineClient.HashOf(request.ClientSecret), MachineClient.HashOf(platform.ServiceSecret))
            ? Answer(tokens.ForService(target), "")
            : Refuse("wrong service secret");
    }

    private Failure Refuse(string reason)
    {
        audit.ClientRefused(reason);
        return new Failure(FailureKind.Unauthenticated, "oauth.invalid_client", "The client id or its secret is wrong.");
    }

    private static Proto.ClientToken Answer(IssuedToken token, string scope) =>
        new() { AccessToken = token.Value, ExpiresIn = token.ExpiresIn, Scope = scope };
}
