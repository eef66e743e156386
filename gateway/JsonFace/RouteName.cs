using Microsoft.AspNetCore.Http.Metadata;

namespace Relais.Gateway.JsonFace;

/// <summary>The template of a route, where ASP.NET Core's metrics and traces look for it.</summary>
internal sealed record RouteName(string Route) : IRouteDiagnosticsMetadata
{
    public static Endpoint Endpoint(string route) => new(null, new EndpointMetadataCollection(new RouteName(route)), route);
}
