using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Relais.Common.Calls;

namespace Relais.Common.Metrics;

/// <summary>Measures every call by its method and the status that it ended with, on OpenTelemetry's conventions for RPC.</summary>
internal sealed class CallMetrics : CallInterceptor
{
    private static readonly Meter Meter = new("Relais.Calls");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("rpc.server.call.duration", "s", "Calls that were answered, by method and status.");

    protected override async Task<TResult> AroundAsync<TResult>(ServerCallContext context, Func<Task<TResult>> call)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var result = await call();
            Record(began, context, null);
            return result;
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
