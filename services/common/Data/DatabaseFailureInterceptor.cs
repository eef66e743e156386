using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;
using Relais.Common.Calls;
using Relais.Common.Failures;

namespace Relais.Common.Data;

/// <summary>
/// Answers callers when the database is away or others kept winning: with what they can do, not as a fault of ours. A safe
/// call that lost its connection half-way is begun anew first.
/// </summary>
internal sealed partial class DatabaseFailureInterceptor(ILogger<DatabaseFailureInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
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
            catch (Exception failure) when (Known(failure, context) is { } known)
            {
                throw known;
            }
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception failure) when (Known(failure, context) is { } known)
        {
            throw known;
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception failure) when (Known(failure, context) is { } known)
        {
            throw known;
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
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
