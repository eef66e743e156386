using Google.Protobuf;
using Grpc.Core;
using Relais.Common.Failures;
using Relais.Common.Security;
using Relais.Contracts;
using Relais.Gateway.Problems;

namespace Relais.Gateway.JsonFace;

/// <summary>Answers a JSON request: reads it, calls the service with the caller's own token, writes what came back.</summary>
internal sealed partial class JsonCalls(
    RequestReader reader, ServiceChannels channels, AccessTokens tokens, GatewayOptions options, TimeProvider clock, IHostApplicationLifetime lifetime,
    ILogger<JsonCalls> logger)
{
    public async Task AnswerAsync(HttpContext context, HttpBinding binding, IReadOnlyList<string> pathValues)
    {
        if (CallerHeaders.Read(context.Request, out var metadata) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        try
        {
            // A large body is work, which nobody makes who may not: their service refuses others only once it is read.
            if (binding.Method.IsBulk && (await tokens.AdmitAsync(metadata.GetValue("authorization"), binding.Method.Permission, context.RequestAborted)).Failure is { } denied)
                throw denied.ToRpcException();
            var (request, problem) = await reader.ReadAsync(context, binding, pathValues);
            if (problem is not null)
            {
                await problem.WriteAsync(context);
                return;
            }

            var answer = await CallAsync(binding.Method, request!, metadata, context.RequestAborted);
            await WriteAsync(context, binding.Method, answer);
        }
        catch (RpcException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, and its call with it: nobody reads an answer.
        }
        catch (RpcException failure)
        {
            var told = RpcFailure.ToProblem(failure, isConditional: context.Request.Headers.IfMatch.Count > 0);
            if (told.Status >= StatusCodes.Status500InternalServerError)
                LogFailure(binding.Method.FullName, failure.StatusCode, failure.Status.Detail);
            await told.WriteAsync(context);
        }
    }

    private async Task<IMessage> CallAsync(ApiMethod method, IMessage request, Metadata metadata, CancellationToken aborted)
    {
        var wait = method.WaitSeconds?.Accessor.GetValue(request) is int seconds ? seconds : 0;
        var timeout = (method.IsBulk ? options.ImportTimeout : options.CallTimeout) + TimeSpan.FromSeconds(wait);
        using var held = wait > 0 ? CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping) : null;
        var call = new CallOptions(metadata, clock.GetUtcNow().Add(timeout).UtcDateTime, held?.Token ?? aborted);
        var target = method.TargetOf(request) ?? throw Failure.NotFound("target.not_found", "There is no such target. There are: " + string.Join(", ", ContractCatalogue.Targets) + ".").ToRpcException();
        try
        {
            using var running = channels.Of(target).AsyncUnaryCall(method.Rpc, null, call, request);
            return await running.ResponseAsync;
        }
        catch (RpcException) when (wait > 0 && !aborted.IsCancellationRequested && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A drain does not wait for a long poll; the empty answer says that there was nothing new.
            return MessageShape.NewMessage(method.Descriptor.OutputType);
        }
    }

    private static async Task WriteAsync(HttpContext context, ApiMethod method, IMessage answer)
    {
        var response = context.Response;
        response.ContentType = "application/json";
        if (method.ResponseEtag?.Accessor.GetValue(answer) is string { Length: > 0 } etag)
            response.Headers.ETag = etag[0] == '"' ? etag : $"\"{etag}\"";
        ProtoJsonWriter.Write(response.BodyWriter, answer);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, EventName = "call_failed", Message = "{Method} failed with {Status}: {Detail}")]
    private partial void LogFailure(string method, StatusCode status, string detail);
}
