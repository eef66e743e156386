using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Relais.Common.Calls;
using Relais.Common.Failures;

namespace Relais.Common.Data;

/// <summary>
/// Answers callers when the database is away or others kept winning: with what they can do, not as a fault of ours. A safe
/// call that lost its connection half-way is begun anew first.
/// </summary>
internal sealed partial class DatabaseFailureInterceptor(ILogger<DatabaseFailureInterceptor> log) : CallInterceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(context, async () =>
        {
            var began = Stopwatch.GetTimestamp();
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await continuation(request, context);
                }
                catch (Exception failure) when (failure is not CommitUnconfirmedException && DatabaseTroubles.Of(failure) == DatabaseTrouble.Away
                    && Stopwatch.GetElapsedTime(began) < PatientReads.Patience && SafeCalls.IsSafe(context.Method, request))
                {
                    await Task.Delay(PatientReads.PauseBefore(attempt + 1), context.CancellationToken);
                }
            }
        });

    protected override async Task<TResult> AroundAsync<TResult>(ServerCallContext context, Func<Task<TResult>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (Known(failure, context) is { } known)
        {
            throw known;
        }
    }

    private RpcException? Known(Exception failure, ServerCallContext context)
    {
        if (failure is RpcException || DatabaseTroubles.ToFailure(failure) is not { } answer)
            return null;
        LogRefused(context.Method, answer.Code, failure);
        return answer.ToRpcException();
    }

    [LoggerMessage(EventId = 1201, EventName = "database_refused", Level = LogLevel.Warning, Message = "{Method} was answered with {Code}")]
    private partial void LogRefused(string method, string code, Exception failure);
}
