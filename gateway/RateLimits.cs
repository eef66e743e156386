using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Relais.Common.Coordination;
using Relais.Common.Hosting;
using Relais.Common.Security;
using Relais.Contracts;
using Relais.Gateway.JsonFace;
using Relais.Gateway.Problems;

namespace Relais.Gateway;

/// <summary>Calls that share a limit.</summary>
internal enum RouteClass
{
    /// <summary>Those that try credentials.</summary>
    SignIn,

    /// <summary>Those that need no token and make work: opening a conversation, asking, answering a survey.</summary>
    Anonymous,

    /// <summary>All others.</summary>
    Calls,
}

/// <summary>How many calls a client's address may make; of all replicas of the gateway together.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>Tries to sign in each minute, and at once; 0 for no limit. An office has one address for all its people.</summary>
    public int SignInPerMinute { get; set; } = 300;

    /// <summary>Calls without a token each minute, and at once; 0 for no limit.</summary>
    public int AnonymousPerMinute { get; set; } = 1_200;

    /// <summary>Other calls each minute, and at once; 0 for no limit.</summary>
    public int CallsPerMinute { get; set; } = 30_000;

    /// <summary>Whether calls from this machine, which no proxy passed on, are without limits: those of a demo, of tests and of load generators.</summary>
    public bool ExemptLoopback { get; set; } = true;

    /// <summary>Networks (<c>10.0.0.0/8</c>) and addresses of clients without limits.</summary>
    public IList<string> Exempt { get; } = [];

    public IEnumerable<string> Problems()
    {
        foreach (var (name, permits) in new[] { (nameof(SignInPerMinute), SignInPerMinute), (nameof(AnonymousPerMinute), AnonymousPerMinute), (nameof(CallsPerMinute), CallsPerMinute) })
        {
            if (permits is < 0 or > 1_000_000)
                yield return $"{name} must be from 0 to 1,000,000; it is {permits}.";
        }

        foreach (var network in Exempt.Where(network => !Networks.TryParse(network, out _)))
            yield return $"{nameof(Exempt)} takes networks such as 10.0.0.0/8 and addresses; one is '{network}'.";
    }
}

/// <summary>Refuses calls beyond the limit of their tenant, client address and class; tries to sign in beyond that of their address.</summary>
internal sealed class RateLimits
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private static readonly Counter<long> Refused = new Meter("Relais.Gateway").CreateCounter<long>("relais.gateway.rate_limited", "{call}");

    private static readonly FrozenSet<string> SignIns = FrozenSet.Create(StringComparer.Ordinal,
        "/relais.identity.v1.Identity/CreateSession", "/relais.identity.v1.Identity/RefreshSession", "/relais.identity.v1.Identity/IssueClientToken");

    private static readonly FrozenSet<string> Anonymous = ApiMethod.All
        .Where(method => method.Permission == ContractCatalogue.PublicPermission && !method.Descriptor.Name.StartsWith("Get", StringComparison.Ordinal))
        .Select(method => method.FullName).ToFrozenSet(StringComparer.Ordinal);

    private readonly RateLimitOptions options;
    private readonly ClientAddress addresses;
    private readonly IRateWindow windows;
    private readonly ITenantDirectory tenants;
    private readonly IReadOnlyList<IPNetwork> exempt;

    public RateLimits(GatewayOptions options, ClientAddress addresses, IRateWindow windows, ITenantDirectory tenants)
    {
        this.options = options.RateLimits;
        this.addresses = addresses;
        this.windows = windows;
        this.tenants = tenants;
        exempt = [.. this.options.Exempt.Select(network => Networks.TryParse(network, out var parsed) ? parsed : throw new FormatException(network))];
    }

    /// <param name="method">As gRPC calls it: <c>/relais.tickets.v1.Tickets/GetTicket</c>.</param>
    public static RouteClass ClassOf(string method) =>
        SignIns.Contains(method) ? RouteClass.SignIn : Anonymous.Contains(method) ? RouteClass.Anonymous : RouteClass.Calls;

    /// <summary>Counts the call. The problem to refuse it with; null where it may go on.</summary>
    public async ValueTask<Problem?> RefuseAsync(HttpContext context, RouteClass routeClass)
    {
        var permits = routeClass switch
        {
            RouteClass.SignIn => options.SignInPerMinute,
            RouteClass.Anonymous => options.AnonymousPerMinute,
            RouteClass.Calls => options.CallsPerMinute,
            _ => throw new ArgumentOutOfRangeException(nameof(routeClass)),
        };
        if (permits == 0)
            return null;
        var address = addresses.Of(context);
        if ((options.ExemptLoopback && context.IsDirectlyFromThisMachine()) || Networks.Contains(exempt, address))
            return null;
        // Who signs in names the tenant in the body; a header must not open further windows.
        var tenant = routeClass == RouteClass.SignIn ? "" : await TenantAsync(context);
        var key = $"gateway/{tenant}/{routeClass}/{Subscriber(address)}";
        var decision = await windows.TakeAsync(key, new RateLimit(permits, Window), context.RequestAborted);
        if (decision.IsAllowed)
            return null;
        Refused.Add(1, new KeyValuePair<string, object?>("class", routeClass.ToString()));
        return new Problem(StatusCodes.Status429TooManyRequests, "rate.limited", "Too many calls came from your address. Wait as long as Retry-After says, then repeat.")
        {
            RetryAfter = decision.RetryAfter,
        };
    }

    // One that exists: a made-up name must not open a window of its own. Counting a call waits for no tenant that may be new.
    private async ValueTask<string> TenantAsync(HttpContext context)
    {
        try
        {
            return await tenants.FindKnownAsync(context.Request.Headers[CallerHeaders.Tenant], CallerHeaders.HostOf(context.Request), context.RequestAborted) ?? "";
        }
        catch (RpcException)
        {
            // Identity is away, and the call will hear it; until then all tenants share a window.
            return "";
        }
    }

    // Who has one IPv6 address has its whole /64.
    private static string Subscriber(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
}
