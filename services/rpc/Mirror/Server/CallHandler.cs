using System.Diagnostics;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Server;

/// <summary>Answers the requests of one method: from the request's headers to the status in its trailers.</summary>
internal abstract partial class CallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, ILogger logger)
    where TRequest : class
    where TResponse : class
{
    // Kestrel refuses larger bodies unless told otherwise; a message with its prefix has to stay below it.
    private const int KestrelBodyLimit = 30_000_000 - 1024;

    private readonly bool _liftBodyLimit = method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming || options.MaxReceive is null or > KestrelBodyLimit;

    protected Method<TRequest, TResponse> Method { get; } = method;

    public Task HandleAsync(HttpContext context)
    {
        if (ProtocolCheck.Refuse(context))
            return Task.CompletedTask;
        if (_liftBodyLimit)
            LiftBodyLimits(context);
        return RunAsync(context);
    }

    /// <summary>Runs the handler; the result is the single response message, or null for a stream.</summary>
    protected abstract ValueTask<TResponse?> InvokeAsync(HttpServerCallContext call, ResponseWriter<TResponse> writer);

    private async Task RunAsync(HttpContext context)
    {
        var call = new HttpServerCallContext(context, Method, options);
        using var writer = new ResponseWriter<TResponse>(call, Method.ResponseMarshaller);
        TResponse? response = null;
        Status status;
        try
        {
            call.Start();
            response = await InvokeAsync(call, writer);
            status = call.Status;
        }
        catch (Exception failure)
        {
            status = Describe(failure, call);
        }
        writer.End();
        if (call.DeadlineGuard is not { } guard)
        {
            status = End(call, writer, response, status);
        }
        else
        {
            if (guard.TryEnd())
                status = End(call, writer, response, status);
            else
                status = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
            await guard.DisposeAsync();
        }
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { } activity)
            Tag(activity, status);
    }

    private Status End(HttpServerCallContext call, ResponseWriter<TResponse> writer, TResponse? response, Status status)
    {
        if (call.HttpContext.RequestAborted.IsCancellationRequested)
            return Status.DefaultCancelled;
        try
        {
            if (response is not null)
                writer.WriteSingle(response);
        }
        catch (Exception failure)
        {
            status = Describe(failure, call);
        }
        return call.Status = call.WriteTrailers(status);
    }

    private Status Describe(Exception failure, HttpServerCallContext call)
    {
        if (failure is RpcException known)
        {
            LogRefused(logger, Method.FullName, known.StatusCode, known.Status.Detail);
            foreach (var entry in known.Trailers)
                call.ResponseTrailers.Add(entry);
            return known.Status;
        }
        if (call.CancellationToken.IsCancellationRequested)
        {
            LogCancelled(logger, failure, Method.FullName);
            return Status.DefaultCancelled;
        }
        LogFailed(logger, failure, Method.FullName);
        var detail = options.DetailedErrors
            ? $"Exception was thrown by handler. {failure.GetType().Name}: {failure.Message}"
            : "Exception was thrown by handler.";
        return new Status(StatusCode.Unknown, detail, failure);
    }

    private void Tag(Activity activity, Status status)
    {
        activity.SetTag("grpc.method", Method.FullName);
        activity.SetTag("grpc.status_code", (int)status.StatusCode);
        activity.SetTag("rpc.system", "grpc");
        activity.SetTag("rpc.service", Method.ServiceName);
        activity.SetTag("rpc.method", Method.Name);
    }

    private static void LiftBodyLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }

    [LoggerMessage(EventId = 1, EventName = "CallRefused", Level = LogLevel.Debug, Message = "{Method} ended with {StatusCode}: {Detail}")]
    private static partial void LogRefused(ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(EventId = 2, EventName = "CallCancelled", Level = LogLevel.Debug, Message = "{Method} was cancelled by its client or its deadline")]
    private static partial void LogCancelled(ILogger logger, Exception failure, string method);

    [LoggerMessage(EventId = 3, EventName = "CallFailed", Level = LogLevel.Error, Message = "{Method} failed unexpectedly")]
    private static partial void LogFailed(ILogger logger, Exception failure, string method);
}

internal sealed class UnaryHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, UnaryServerMethod<TRequest, TResponse> invoke)
    : CallHandler<TRequest, TResponse>(method, options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async ValueTask<TResponse?> InvokeAsync(HttpServerCallContext call, ResponseWriter<TResponse> writer)
    {
        var request = await new RequestReader<TRequest>(call, Method.RequestMarshaller).ReadSingleAsync();
        return await invoke(request, call) ?? throw NoMessage();
    }

    internal static RpcException NoMessage() => new(new Status(StatusCode.Cancelled, "No message returned from method."));
}

internal sealed class ClientStreamingHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, ClientStreamingServerMethod<TRequest, TResponse> invoke)
    : CallHandler<TRequest, TResponse>(method, options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async ValueTask<TResponse?> InvokeAsync(HttpServerCallContext call, ResponseWriter<TResponse> writer) =>
        await invoke(new RequestReader<TRequest>(call, Method.RequestMarshaller), call) ?? throw UnaryHandler<TRequest, TResponse>.NoMessage();
}

internal sealed class ServerStreamingHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, ServerStreamingServerMethod<TRequest, TResponse> invoke)
    : CallHandler<TRequest, TResponse>(method, options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async ValueTask<TResponse?> InvokeAsync(HttpServerCallContext call, ResponseWriter<TResponse> writer)
    {
        var request = await new RequestReader<TRequest>(call, Method.RequestMarshaller).ReadSingleAsync();
        await invoke(request, writer, call);
        return null;
    }
}

internal sealed class DuplexStreamingHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, DuplexStreamingServerMethod<TRequest, TResponse> invoke)
    : CallHandler<TRequest, TResponse>(method, options, logger)
    where TRequest : class
    where TResponse : class
{
    protected override async ValueTask<TResponse?> InvokeAsync(HttpServerCallContext call, ResponseWriter<TResponse> writer)
    {
        await invoke(new RequestReader<TRequest>(call, Method.RequestMarshaller), writer, call);
        return null;
    }
}
