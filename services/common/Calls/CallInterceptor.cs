using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Relais.Common.Calls;

/// <summary>Does the same around calls of every kind.</summary>
internal abstract class CallInterceptor : Interceptor
{
    protected abstract Task<TResult> AroundAsync<TResult>(ServerCallContext context, Func<Task<TResult>> call);

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => Whole(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, () => Whole(continuation(requestStream, responseStream, context)));

    // A stream has no result of its own.
    private static async Task<bool> Whole(Task stream)
    {
        await stream;
        return true;
    }
}
