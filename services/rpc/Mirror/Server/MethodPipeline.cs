using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Relais.Rpc.Server;

/// <summary>Puts the interceptors around a method once; each call then makes its instances.</summary>
internal static class MethodPipeline
{
    public static UnaryServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(UnaryServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in interceptors.Reverse())
        {
            var next = method;
            method = async (request, context) =>
            {
                var (activator, handle) = Create(context, registration);
                try
                {
                    return await handle.Instance.UnaryServerHandler(request, context, next);
                }
                finally
                {
                    await activator.ReleaseAsync(handle);
                }
            };
        }
        return method;
    }

    public static ClientStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ClientStreamingServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in interceptors.Reverse())
        {
            var next = method;
            method = async (requests, context) =>
            {
                var (activator, handle) = Create(context, registration);
                try
                {
                    return await handle.Instance.ClientStreamingServerHandler(requests, context, next);
                }
                finally
                {
                    await activator.ReleaseAsync(handle);
                }
            };
        }
        return method;
    }

    public static ServerStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(ServerStreamingServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in interceptors.Reverse())
        {
            var next = method;
            method = async (request, responses, context) =>
            {
                var (activator, handle) = Create(context, registration);
                try
                {
                    await handle.Instance.ServerStreamingServerHandler(request, responses, context, next);
                }
                finally
                {
                    await activator.ReleaseAsync(handle);
                }
            };
        }
        return method;
    }

    public static DuplexStreamingServerMethod<TRequest, TResponse> Around<TRequest, TResponse>(DuplexStreamingServerMethod<TRequest, TResponse> method, IReadOnlyList<InterceptorRegistration> interceptors)
        where TRequest : class
        where TResponse : class
    {
        foreach (var registration in interceptors.Reverse())
        {
            var next = method;
            method = async (requests, responses, context) =>
            {
                var (activator, handle) = Create(context, registration);
                try
                {
                    await handle.Instance.DuplexStreamingServerHandler(requests, responses, context, next);
                }
                finally
                {
                    await activator.ReleaseAsync(handle);
                }
            };
        }
        return method;
    }

    private static (IGrpcInterceptorActivator, GrpcActivatorHandle<Interceptor>) Create(ServerCallContext context, InterceptorRegistration registration)
    {
        var services = context.GetHttpContext().RequestServices;
        var activator = (IGrpcInterceptorActivator)services.GetRequiredService(registration.ActivatorType);
        return (activator, activator.Create(services, registration));
    }
}
