using System.Collections.Frozen;
using Relais.Contracts;
using Relais.Gateway.JsonFace;

namespace Relais.Gateway.GrpcFace;

/// <summary>The methods that gRPC may call from outside, each with the target that runs it.</summary>
internal sealed class GrpcRoutes(IEnumerable<(string FullName, string Target)> methods)
{
    private readonly FrozenDictionary<string, string> targets =
        methods.ToFrozenDictionary(method => method.FullName, method => method.Target, StringComparer.Ordinal);

    /// <summary>The contracts' methods, without those for the services alone and those for which a request names the target.</summary>
    public static GrpcRoutes OfContracts() => new(ApiMethod.All.Where(method => method.Target != ContractCatalogue.EveryTarget).Select(method => (method.FullName, method.Target)));

    /// <summary>Null where nothing may be called by that name, such as <c>/relais.tickets.v1.Tickets/GetTicket</c>.</summary>
    public string? TargetOf(string fullName) => targets.GetValueOrDefault(fullName);
}
