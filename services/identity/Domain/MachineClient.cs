using System.Security.Cryptography;
using System.Text;
using Relais.Common.Data;
using Relais.Common.Security;

namespace Relais.Identity.Domain;

/// <summary>A partner's program that signs in with client credentials.</summary>
internal sealed class MachineClient : ITenantOwned
{
    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public required string DisplayName { get; init; }

    /// <summary>SHA-256 of the secret, whose 256 random bits need no slower hash.</summary>
    public required byte[] SecretHash { get; init; }

    public required List<string> Scopes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The id that the partner signs in with; it names the tenant: <c>demo.0199…</c>.</summary>
    public string ClientId => ClientIdOf(TenantId, Id);

    /// <summary>The permissions that a client can be given, in order.</summary>
    public static IReadOnlyList<string> KnownScopes { get; } = [.. Roles.Scopes.Order(StringComparer.Ordinal)];

    public static string ClientIdOf(string tenantId, Guid id) => $"{tenantId}.{id:N}";

    /// <summary>The tenant and row of a client id; null for what cannot be one.</summary>
    public static (string TenantId, Guid Id)? Parse(string clientId) =>
        clientId.Length <= 100
        && clientId.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
        && Tenant.IsId(clientId[..dot])
        && Guid.TryParseExact(clientId[(dot + 1)..], "N", out var id) ? (clientId[..dot], id) : null;

    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The scopes of a token: all for an empty request, else those asked for; null when one is not the client's.</summary>
    public IReadOnlyList<string>? Grant(string scope)
    {
        var asked = scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        if (asked.Count == 0)
            return Scopes;
        return asked.TrueForAll(Scopes.Contains) ? asked : null;
    }
}
