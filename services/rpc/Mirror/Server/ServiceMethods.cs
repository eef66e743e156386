using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;

namespace Relais.Rpc.Server;

/// <summary>Maps each method of a service to an endpoint; without handlers they are taken from <typeparamref name="TService"/>.</summary>
internal sealed class ServiceMethods<TService>(
    IEndpointRouteBuilder endpoints,
    MethodOptions options,
    IGrpcServiceActivator<TService> activator,
    ILoggerFactory loggerFactory) : ServiceBinderBase
    where TService : class
{
    private readonly ILogger _logger = loggerFactory.CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler");
    private readonly HashSet<string> _services = [];

    public List<IEndpointConventionBuilder> Endpoints { get; } = [];

    /// <summary>Calls the bind method that the generated base class of the service names.</summary>
    /// <exception cref="InvalidOperationException">The service has no generated base class.</exception>
    public void Discover()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute)
                continue;
            var bind = attribute.BindType.GetMethod(attribute.BindMethodName, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"Cannot find {attribute.BindMethodName} of {attribute.BindType} for {type}.");
            bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [this, null], null);
            return;
        }
        throw new InvalidOperationException($"Cannot locate BindService(ServiceBinderBase, ServiceBase) method for the current service type: {typeof(TService).FullName}.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo? implementation = null;
        if (handler is null)
        {
            implementation = Find(method, typeof(TRequest), typeof(ServerCallContext));
            var invoke = implementation.CreateDelegate<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>();
            handler = async (request, context) =>
            {
                var service = activator.Create(context.GetHttpContext().RequestServices);
                try
                {
                    return await invoke(service.Instance, request, context);
                }
                finally
                {
                    await activator.ReleaseAsync(service);
                }
            };
        }
        Map(method, implementation, new UnaryHandler<TRequest, TResponse>(method, options, _logger, MethodPipeline.Around(handler, options.Interceptors)).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo? implementation = null;
        if (handler is null)
        {
            implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
            var invoke = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>();
            handler = async (requests, context) =>
            {
                var service = activator.Create(context.GetHttpContext().RequestServices);
                try
                {
                    return await invoke(service.Instance, requests, context);
                }
                finally
                {
                    await activator.ReleaseAsync(service);
                }
            };
        }
        Map(method, implementation, new ClientStreamingHandler<TRequest, TResponse>(method, options, _logger, MethodPipeline.Around(handler, options.Interceptors)).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo? implementation = null;
        if (handler is null)
        {
            implementation = Find(method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            var invoke = implementation.CreateDelegate<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
            handler = async (request, responses, context) =>
            {
                var service = activator.Create(context.GetHttpContext().RequestServices);
                try
                {
                    await invoke(service.Instance, request, responses, context);
                }
                finally
                {
                    await activator.ReleaseAsync(service);
                }
            };
        }
        Map(method, implementation, new ServerStreamingHandler<TRequest, TResponse>(method, options, _logger, MethodPipeline.Around(handler, options.Interceptors)).HandleAsync);
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodInfo? implementation = null;
        if (handler is null)
        {
            implementation = Find(method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            var invoke = implementation.CreateDelegate<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>();
            handler = async (requests, responses, context) =>
            {
                var service = activator.Create(context.GetHttpContext().RequestServices);
                try
                {
                    await invoke(service.Instance, requests, responses, context);
                }
                finally
                {
                    await activator.ReleaseAsync(service);
                }
            };
        }
        Map(method, implementation, new DuplexStreamingHandler<TRequest, TResponse>(method, options, _logger, MethodPipeline.Around(handler, options.Interceptors)).HandleAsync);
    }

    private static MethodInfo Find(IMethod method, params Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
        ?? throw new InvalidOperationException($"Could not find '{method.Name}' on {typeof(TService)}.");

    private void Map(IMethod method, MethodInfo? implementation, RequestDelegate handle)
    {
        object[] metadata =
        [
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. implementation?.GetCustomAttributes(inherit: true) ?? [],
            new GrpcMethodMetadata(typeof(TService), method),
            new HttpMethodMetadata(["POST"], acceptCorsPreflight: true),
        ];
        Endpoints.Add(endpoints.Map(RoutePatternFactory.Parse(method.FullName), handle).WithMetadata(metadata).WithDisplayName("gRPC - " + method.FullName));
        if (_services.Add(method.ServiceName))
            UnimplementedEndpoints.MapMethods(endpoints, method.ServiceName);
    }
}

/// <summary>Answers calls of what nobody serves.</summary>
internal sealed class UnimplementedEndpoints
{
    private bool _mapped;

    public static void MapMethods(IEndpointRouteBuilder endpoints, string service) =>
        Map(endpoints, service + "/{unimplementedMethod}", "Method is unimplemented.", $"gRPC - Unimplemented method for {service}");

    /// <summary>Once for an application, however many services it maps.</summary>
    public void MapServices(IEndpointRouteBuilder endpoints)
    {
        if (_mapped)
            return;
        _mapped = true;
        Map(endpoints, "{unimplementedService}/{unimplementedMethod}", "Service is unimplemented.", "gRPC - Unimplemented service");
    }

    private static void Map(IEndpointRouteBuilder endpoints, string pattern, string detail, string displayName)
    {
        var constrained = RoutePatternFactory.Parse(pattern, defaults: null, parameterPolicies: new { unimplementedMethod = new GrpcRequestConstraint() });
        endpoints.Map(constrained, ProtocolCheck.Unimplemented(detail)).WithDisplayName(displayName);
    }
}
