using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>Makes clients as they were registered.</summary>
public abstract class GrpcClientFactory
{
    protected GrpcClientFactory() { }

    /// <exception cref="InvalidOperationException">No client was registered under this name.</exception>
    public abstract TClient CreateClient<TClient>(string name)
        where TClient : class;
}

/// <summary>Whether an interceptor is made once for a channel or again for each client.</summary>
public enum InterceptorScope
{
    Channel = 0,
    Client = 1,
}

public class InterceptorRegistration
{
    public InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
    {
        ArgumentNullException.ThrowIfNull(creator);
        Scope = scope;
        Creator = creator;
    }

    public InterceptorScope Scope { get; }

    public Func<IServiceProvider, Interceptor> Creator { get; }
}

/// <summary>The options of a call, to be changed before it starts.</summary>
public sealed class CallOptionsContext
{
    internal CallOptionsContext(CallOptions callOptions, IServiceProvider serviceProvider)
    {
        CallOptions = callOptions;
        ServiceProvider = serviceProvider;
    }

    public CallOptions CallOptions { get; set; }

    public IServiceProvider ServiceProvider { get; }
}

public class GrpcClientFactoryOptions
{
    public GrpcClientFactoryOptions() { }

    public Uri? Address { get; set; }

    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    public IList<Action<CallOptionsContext>> CallOptionsActions { get; } = [];

    public IList<InterceptorRegistration> InterceptorRegistrations { get; } = [];

    public Func<CallInvoker, object>? Creator { get; set; }
}
