using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Relais.Common.Calls;

namespace Relais.Common.Hosting;

/// <summary>
/// Where the other targets are: <c>services:{target}:grpc:0</c> and on, one for each replica, as Aspire names endpoints, or
/// <c>dns:///name:port</c> for all addresses of a name. Read at the first call, since a target may learn its port only when
/// it starts.
/// </summary>
public sealed class ServiceAddresses(
    IConfiguration configuration, ListenOptions listen, CallsOptions options, TimeProvider clock, ILoggerFactory loggers) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Target>> targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Uri, Lazy<GrpcChannel>> single = new();

    /// <summary>Stands for a target in requests that a handler of <see cref="CreateHandler"/> sends.</summary>
    /// <exception cref="InvalidOperationException">The configuration has no usable address for that target.</exception>
    public Uri Of(string target) => Find(target).Replicas.Virtual;

    /// <summary>A channel without credentials of its own, over every replica; one per target.</summary>
    public CallInvoker ChannelOf(string target) => Find(target).Invoker.Value;

    /// <summary>Sends requests for <see cref="Of"/> to the target's replicas, many at once over few connections.</summary>
    public HttpMessageHandler CreateHandler(string target) => new ReplicaHandler(Find(target).Replicas);

    /// <summary>A channel to one replica, without credentials and without anybody to go to instead.</summary>
    public CallInvoker ChannelTo(Uri replica) => single.GetOrAdd(replica, address => new Lazy<GrpcChannel>(() => GrpcChannel.ForAddress(
        address, new GrpcChannelOptions { HttpHandler = ReplicaSet.CreateHandler(listen, []), DisposeHttpClient = true }))).Value.CreateCallInvoker();

    /// <summary>Tries safe calls to a target again.</summary>
    public Interceptor RetriesOf(string target) => Find(target).Retries;

    public void Dispose()
    {
        foreach (var target in targets.Values.Where(target => target.IsValueCreated))
            target.Value.Dispose();
        foreach (var channel in single.Values.Where(channel => channel.IsValueCreated))
            channel.Value.Dispose();
    }

    private Target Find(string name) => targets.GetOrAdd(name, key => new Lazy<Target>(() => Create(key))).Value;

    private Target Create(string target)
    {
        var addresses = new List<Uri>();
        while (configuration[string.Create(CultureInfo.InvariantCulture, $"services:{target}:grpc:{addresses.Count}")] is { Length: > 0 } address)
        {
            try
            {
                addresses.Add(ReplicaSet.Parse(address));
            }
            catch (FormatException wrong)
            {
                throw new InvalidOperationException($"services:{target}:grpc:{addresses.Count}: {wrong.Message}", wrong);
            }
        }

        if (addresses.Count == 0)
            throw new InvalidOperationException($"services:{target}:grpc:0 is not configured: where is {target}?");
        var replicas = new ReplicaSet(target, addresses, listen, options, Dns.GetHostAddressesAsync, clock, loggers.CreateLogger("Relais.Common.Calls"));
        return new Target(replicas, new SafeRetries(target, options, clock));
    }

    private sealed class Target : IDisposable
    {
        private GrpcChannel? channel;

        public Target(ReplicaSet replicas, SafeRetries retries)
        {
            Replicas = replicas;
            Retries = retries;
            Invoker = new Lazy<CallInvoker>(() =>
            {
                channel = GrpcChannel.ForAddress(replicas.Virtual, new GrpcChannelOptions { HttpHandler = new ReplicaHandler(replicas), DisposeHttpClient = true });
                return channel.Intercept(retries);
            });
        }

        public ReplicaSet Replicas { get; }

        public SafeRetries Retries { get; }

        public Lazy<CallInvoker> Invoker { get; }

        public void Dispose()
        {
            channel?.Dispose();
            Replicas.Dispose();
        }
    }
}
