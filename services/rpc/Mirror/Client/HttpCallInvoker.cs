using Grpc.Core;
using Grpc.Net.Client;

namespace Relais.Rpc.Client;

/// <summary>Starts calls as HTTP/2 requests of a channel.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        return new AsyncUnaryCall<TResponse>(call.RunUnaryAsync(request), Call.Headers, Call.Status, Call.Trailers, Call.Dispose, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        call.StartServerStreaming(request);
        return new AsyncServerStreamingCall<TResponse>(call.ResponseStream!, Call.Headers, Call.Status, Call.Trailers, Call.Dispose, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        var response = call.RunClientStreamingAsync();
        return new AsyncClientStreamingCall<TRequest, TResponse>(call.RequestStream!, response, Call.Headers, Call.Status, Call.Trailers, Call.Dispose, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        call.StartDuplexStreaming();
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(call.RequestStream!, call.ResponseStream!, Call.Headers, Call.Status, Call.Trailers, Call.Dispose, call);
    }

    private static class Call
    {
        public static readonly Func<object, Task<Metadata>> Headers = static call => ((IHttpCall)call).HeadersAsync();
        public static readonly Func<object, Status> Status = static call => ((IHttpCall)call).GetStatus();
        public static readonly Func<object, Metadata> Trailers = static call => ((IHttpCall)call).GetTrailers();
        public static readonly Action<object> Dispose = static call => ((IHttpCall)call).Dispose();
    }
}

/// <summary>What the call types of the API need of a call.</summary>
internal interface IHttpCall : IDisposable
{
    Task<Metadata> HeadersAsync();

    Status GetStatus();

    Metadata GetTrailers();
}
