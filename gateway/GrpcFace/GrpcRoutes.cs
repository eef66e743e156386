using System.Collections.Frozen;
using Relais.Common.Calls;
using Relais.Common.Coordination;
using Relais.Contracts;
using Relais.Gateway.JsonFace;

namespace Relais.Gateway.GrpcFace;

/// <summary>The methods that gRPC may call from outside.</summary>
internal sealed class GrpcRoutes(IEnumerable<(string FullName, GrpcRoute Route)> methods)
{
    private readonly FrozenDictionary<string, GrpcRoute> routes =
        methods.ToFrozenDictionary(method => method.FullName, method => method.Route, StringComparer.Ordinal);

    /// <summary>The contracts' methods, without those for the services alone and those for which a request names the target.</summary>
    public static GrpcRoutes OfContracts(GatewayOptions options) => new(ApiMethod.All
        .Where(method => method.Target != ContractCatalogue.EveryTarget)
        .Select(method => (method.FullName, new GrpcRoute(method.Target, SafeCalls.IsAlwaysSafe(method.FullName), TimeoutOf(method, options)))));

    /// <summary>Null where nothing may be called by that name, such as <c>/relais.tickets.v1.Tickets/GetTicket</c>.</summary>
    public GrpcRoute? Find(string fullName) => routes.GetValueOrDefault(fullName);

    private static TimeSpan? TimeoutOf(ApiMethod method, GatewayOptions options) => method.Descriptor.IsClientStreaming || method.Descriptor.IsServerStreaming
        ? null
        : (method.IsBulk ? options.ImportTimeout : options.CallTimeout) + TimeSpan.FromSeconds(method.WaitSeconds is null ? 0 : LongPoll.LongestSeconds);
}

/// <summary>Where calls of a method go.</summary>
/// <param name="IsSafe">They may be sent twice.</param>
/// <param name="Timeout">The time for a call whose caller sets none; null for a stream, which may last.</param>
internal sealed record GrpcRoute(string Target, bool IsSafe, TimeSpan? Timeout);
