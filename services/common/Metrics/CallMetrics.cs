using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Relais.Common.Metrics;

/// <summary>Measures every call by its method and the status that it ended with, on OpenTelemetry's conventions for RPC.</summary>
internal sealed class CallMetrics : Interceptor
{
    private static readonly Meter Meter = new("Relais.Calls");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("rpc.server.call.duration", "s", "Calls that were answered, by method and status.");

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var response = await continuation(request, context);
            Record(began, context, null);
            return response;
        }
        catch (Exception failure) when (Record(began, context, failure))
        {
            throw;
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var response = await continuation(requestStream, context);
            Record(began, context, null);
            return response;
        }
        catch (Exception failure) when (Record(began, context, failure))
        {
            throw;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await continuation(request, responseStream, context);
            Record(began, context, null);
        }
        catch (Exception failure) when (Record(began, context, failure))
        {
            throw;
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await continuation(requestStream, responseStream, context);
            Record(began, context, null);
        }
        catch (Exception failure) when (Record(began, context, failure))
        {
            throw;
        }
    }

    /// <returns>False: a failure is seen as it passes by.</returns>
    private static bool Record(long began, ServerCallContext context, Exception? failure)
    {
        var status = failure switch
        {
            null => context.Status.StatusCode,
            RpcException refused => refused.StatusCode,
            _ when context.CancellationToken.IsCancellationRequested => StatusCode.Cancelled,
            _ => StatusCode.Unknown,
        };
        Duration.Record(
            Stopwatch.GetElapsedTime(began).TotalSeconds,
            new KeyValuePair<string, object?>("rpc.method", context.Method.TrimStart('/')),
            new KeyValuePair<string, object?>("rpc.response.status_code", status.ToString()));
        return false;
    }
}
