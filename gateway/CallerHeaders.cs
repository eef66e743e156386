using System.Text;
using Grpc.Core;
using Relais.Gateway.Problems;

namespace Relais.Gateway;

/// <summary>What of a request's headers the services are told, as gRPC metadata.</summary>
internal static class CallerHeaders
{
    public const string Tenant = "relais-tenant";
    public const string Host = "relais-host";

    private const string Authorization = "authorization";
    private const int LongestTenant = 100;

    /// <summary>The metadata, or what is wrong with the headers.</summary>
    public static Problem? Read(HttpRequest request, out Metadata metadata)
    {
        metadata = new Metadata { { Host, HostOf(request) } };
        if (request.Headers.Authorization is [{ Length: > 0 } authorization, ..])
        {
            if (request.Headers.Authorization.Count > 1 || !IsPrintable(authorization))
                return new Problem(StatusCodes.Status401Unauthorized, "token.invalid", "The Authorization header is not 'Bearer TOKEN'. Sign in again.");
            metadata.Add(Authorization, authorization);
        }

        if (request.Headers[Tenant] is [{ Length: > 0 } tenant, ..])
        {
            if (request.Headers[Tenant].Count > 1 || tenant.Length > LongestTenant || !IsPrintable(tenant))
                return Problem.Bad("request.invalid_header", "Relais-Tenant takes the id of one tenant.", "Relais-Tenant", "is not a tenant's id");
            metadata.Add(Tenant, tenant);
        }

        return null;
    }

    /// <summary>The name by which the caller reached the gateway, without a port.</summary>
    public static string HostOf(HttpRequest request) => request.Host.Host is { } host && Ascii.IsValid(host) ? host.ToLowerInvariant() : "";

    private static bool IsPrintable(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
