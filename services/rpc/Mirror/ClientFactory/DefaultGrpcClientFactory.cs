using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Relais.Rpc.Client;

/// <summary>One channel for each registration, shared by all clients made for it.</summary>
internal sealed class ChannelRegistry(
    IServiceProvider services,
    IHttpMessageHandlerFactory handlers,
    ILoggerFactory loggerFactory,
    IOptionsMonitor<GrpcClientFactoryOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Entry>> _entries = new(StringComparer.Ordinal);

    public Entry Get(string name) => _entries.GetOrAdd(name, key => new Lazy<Entry>(() => Create(key))).Value;

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
        {
            if (entry.IsValueCreated)
                entry.Value.Channel.Dispose();
        }
    }

    private Entry Create(string name)
    {
        var registered = options.Get(name);
        var channelOptions = new GrpcChannelOptions
        {
            HttpHandler = handlers.CreateHandler(name),
            LoggerFactory = loggerFactory,
            ServiceProvider = services,
        };
        foreach (var configure in registered.ChannelOptionsActions)
            configure(channelOptions);
        var address = registered.Address
            ?? throw new InvalidOperationException($@"Could not resolve the address for gRPC client '{name}'. Set an address when registering the client: services.AddGrpcClient<{name}>(o => o.Address = new Uri(""https://localhost:5001""))");
        var channel = GrpcChannel.ForAddress(address, channelOptions);
        var invoker = channel.CreateCallInvoker();
        if (registered.CallOptionsActions.Count > 0)
            invoker = new CallOptionsInvoker(invoker, [.. registered.CallOptionsActions], services);
        var shared = registered.InterceptorRegistrations.Where(registration => registration.Scope == InterceptorScope.Channel);
        invoker = invoker.Intercept([.. shared.Select(registration => registration.Creator(services))]);
        return new Entry(channel, invoker, registered, [.. registered.InterceptorRegistrations.Where(registration => registration.Scope == InterceptorScope.Client)]);
    }

    internal sealed record Entry(GrpcChannel Channel, CallInvoker Invoker, GrpcClientFactoryOptions Options, IReadOnlyList<InterceptorRegistration> PerClient);
}

internal sealed class DefaultGrpcClientFactory(IServiceProvider services, ChannelRegistry channels, ClientNames names) : GrpcClientFactory
{
    public override TClient CreateClient<TClient>(string name)
    {
        names.Check(name, typeof(TClient));
        var entry = channels.Get(name);
        var invoker = entry.Invoker;
        foreach (var registration in entry.PerClient.Reverse())
            invoker = invoker.Intercept(registration.Creator(services));
        if (entry.Options.Creator is { } creator)
        {
            return creator(invoker) as TClient
                ?? throw new InvalidOperationException($"The creator of gRPC client '{name}' did not return a {typeof(TClient)}.");
        }
        return Activator<TClient>.Create(services, [invoker]);
    }

    private static class Activator<TClient>
        where TClient : class
    {
        public static readonly ObjectFactory<TClient> Create = ActivatorUtilities.CreateFactory<TClient>([typeof(CallInvoker)]);
    }
}

/// <summary>Which client type each name was registered for.</summary>
internal sealed class ClientNames
{
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The name stands for another type already.</exception>
    public void Add(string name, Type type)
    {
        if (_types.TryGetValue(name, out var other) && other != type)
            throw new InvalidOperationException($"The gRPC client factory already has a registered client with the name '{name}', bound to the type '{other}'. Client names are computed based on the type name without considering the namespace. Use an overload of AddGrpcClient that accepts a string and provide a unique name to resolve the conflict.");
        _types[name] = type;
    }

    public void Check(string name, Type type)
    {
        if (!_types.TryGetValue(name, out var registered))
            throw new InvalidOperationException($"No gRPC client configured with name '{name}'.");
        if (registered != type)
            throw new InvalidOperationException($"The gRPC client '{name}' is registered for '{registered}', not for '{type}'.");
    }
}

/// <summary>Lets the registered actions change the options of each call.</summary>
internal sealed class CallOptionsInvoker(CallInvoker inner, Action<CallOptionsContext>[] actions, IServiceProvider services) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        inner.BlockingUnaryCall(method, host, Changed(options), request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        inner.AsyncUnaryCall(method, host, Changed(options), request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        inner.AsyncServerStreamingCall(method, host, Changed(options), request);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        inner.AsyncClientStreamingCall(method, host, Changed(options));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        inner.AsyncDuplexStreamingCall(method, host, Changed(options));

    private CallOptions Changed(CallOptions options)
    {
        var context = new CallOptionsContext(options, services);
        foreach (var change in actions)
            change(context);
        return context.CallOptions;
    }
}
