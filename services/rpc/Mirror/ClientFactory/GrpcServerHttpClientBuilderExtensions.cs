using Grpc.AspNetCore.ClientFactory;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Relais.Rpc.Client;

namespace Grpc.AspNetCore.ClientFactory
{
    public class GrpcContextPropagationOptions
    {
        public GrpcContextPropagationOptions() { }

        /// <summary>Calls outside a gRPC call go on without a context instead of failing.</summary>
        public bool SuppressContextNotFoundErrors { get; set; }
    }
}

namespace Microsoft.Extensions.DependencyInjection
{
    public static class GrpcServerHttpClientBuilderExtensions
    {
        /// <summary>Calls of the client end with the gRPC call that makes them: at its deadline or when it is cancelled.</summary>
        public static IHttpClientBuilder EnableCallContextPropagation(this IHttpClientBuilder builder)
        {
            ArgumentNullException.ThrowIfNull(builder);
            builder.Services.AddHttpContextAccessor();
            return builder.AddInterceptor(services => new ContextPropagation(
                services.GetRequiredService<IHttpContextAccessor>(),
                services.GetRequiredService<IOptionsMonitor<GrpcContextPropagationOptions>>().Get(builder.Name)));
        }

        /// <inheritdoc cref="EnableCallContextPropagation(IHttpClientBuilder)"/>
        public static IHttpClientBuilder EnableCallContextPropagation(this IHttpClientBuilder builder, Action<GrpcContextPropagationOptions> configureOptions)
        {
            ArgumentNullException.ThrowIfNull(builder);
            builder.Services.Configure(builder.Name, configureOptions);
            return builder.EnableCallContextPropagation();
        }
    }
}

namespace Relais.Rpc.Client
{
    internal sealed class ContextPropagation(IHttpContextAccessor accessor, GrpcContextPropagationOptions options) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            using var link = Link(ref context);
            return continuation(request, context);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var link = Link(ref context);
            var call = continuation(request, context);
            return link is null ? call : new(DisposeAfter(call.ResponseAsync, link), _ => call.ResponseHeadersAsync, _ => call.GetStatus(), _ => call.GetTrailers(), _ => Dispose(call, link), call);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            var link = Link(ref context);
            var call = continuation(context);
            return link is null ? call : new(call.RequestStream, DisposeAfter(call.ResponseAsync, link), _ => call.ResponseHeadersAsync, _ => call.GetStatus(), _ => call.GetTrailers(), _ => Dispose(call, link), call);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            var link = Link(ref context);
            var call = continuation(request, context);
            return link is null ? call : new(call.ResponseStream, _ => call.ResponseHeadersAsync, _ => call.GetStatus(), _ => call.GetTrailers(), _ => Dispose(call, link), call);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            var link = Link(ref context);
            var call = continuation(context);
            return link is null ? call : new(call.RequestStream, call.ResponseStream, _ => call.ResponseHeadersAsync, _ => call.GetStatus(), _ => call.GetTrailers(), _ => Dispose(call, link), call);
        }

        private static void Dispose(IDisposable call, CancellationTokenSource link)
        {
            call.Dispose();
            link.Dispose();
        }

        private static async Task<T> DisposeAfter<T>(Task<T> response, CancellationTokenSource link)
        {
            using (link)
                return await response;
        }

        // The source is there only when both the call around and the caller can cancel.
        private CancellationTokenSource? Link<TRequest, TResponse>(ref ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            var server = accessor.HttpContext?.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
            if (server is null)
            {
                if (options.SuppressContextNotFoundErrors)
                    return null;
                throw new InvalidOperationException("Unable to propagate server context values to the call. Can't find the gRPC ServerCallContext on the current HttpContext.");
            }
            var call = context.Options;
            if (server.Deadline != DateTime.MaxValue && (call.Deadline is null || call.Deadline > server.Deadline))
                call = call.WithDeadline(server.Deadline);
            CancellationTokenSource? link = null;
            if (server.CancellationToken.CanBeCanceled)
            {
                if (call.CancellationToken.CanBeCanceled)
                    link = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, server.CancellationToken);
                call = call.WithCancellationToken(link?.Token ?? server.CancellationToken);
            }
            context = new(context.Method, context.Host, call);
            return link;
        }
    }
}
