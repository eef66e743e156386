using Grpc.Core;
using Relais.Contract.Rpc.Proto;

namespace Relais.Contract.Rpc;

/// <summary>Does what the request asks for and shows its headers as trailers.</summary>
public sealed class ProbeService(ProbeLog log) : Probe.ProbeBase
{
    public override async Task<ProbeReply> Echo(ProbeRequest request, ServerCallContext context)
    {
        await ActAsync(request, context);
        return Reply(request.Text, 1, request);
    }

    public override async Task<ProbeReply> Collect(IAsyncStreamReader<ProbeRequest> requestStream, ServerCallContext context)
    {
        var texts = new List<string>();
        ProbeRequest last = new();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            last = request;
            texts.Add(request.Text);
        }
        await ActAsync(last, context);
        return Reply(string.Join(' ', texts), texts.Count, last);
    }

    public override async Task Repeat(ProbeRequest request, IServerStreamWriter<ProbeReply> responseStream, ServerCallContext context)
    {
        for (var i = 0; i < request.Count; i++)
        {
            if (i > 0 && request.Delay > 0)
                await log.DelayAsync(request.Delay, context.CancellationToken);
            await responseStream.WriteAsync(Reply(request.Text, i, request));
            if (i == 0 && request.Text == "gate")
                await log.GateAsync(1000).WaitAsync(context.CancellationToken);
        }
        request.Delay = 0;
        await ActAsync(request, context);
    }

    public override async Task Converse(IAsyncStreamReader<ProbeRequest> requestStream, IServerStreamWriter<ProbeReply> responseStream, ServerCallContext context)
    {
        var count = 0;
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            await ActAsync(requestStream.Current, context);
            await responseStream.WriteAsync(Reply(requestStream.Current.Text, count++, requestStream.Current));
        }
    }

    private async Task ActAsync(ProbeRequest request, ServerCallContext context)
    {
        foreach (var entry in context.RequestHeaders)
        {
            if (entry.Key.StartsWith("x-", StringComparison.Ordinal))
                context.ResponseTrailers.Add(entry);
            if (entry.Key == "x-initial")
                await context.WriteResponseHeadersAsync(new Metadata { { "x-initial", entry.Value } });
        }
        if (context.GetHttpContext().Request.Headers["grpc-encoding"] is [{ } encoding])
            context.ResponseTrailers.Add("x-request-encoding", encoding);
        if (context.RequestHeaders.Get("x-trailer-from-text") is not null)
            context.ResponseTrailers.Add("from-text", request.Text);
        if (context.RequestHeaders.Get("x-report-deadline") is not null)
            context.ResponseTrailers.Add("x-deadline-in", ((int)(context.Deadline - DateTime.UtcNow).TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (request.Delay > 0)
            await log.DelayAsync(request.Delay, context.CancellationToken);
        if (request.Fail == 100)
            throw new InvalidOperationException("a secret of the implementation");
        if (request.Fail != 0)
        {
            var trailers = new Metadata { { "x-reason", "asked for" } };
            if (request.Data.Length > 0)
                trailers.Add("grpc-status-details-bin", request.Data.ToByteArray());
            throw new RpcException(new Status((StatusCode)request.Fail, request.Text), trailers);
        }
    }

    private static ProbeReply Reply(string text, int count, ProbeRequest request) => new()
    {
        Text = text,
        Count = count,
        Data = request.ReplySize > 0 ? Google.Protobuf.ByteString.CopyFrom(new byte[request.ReplySize]) : request.Data,
    };
}

/// <summary>What the service saw, for tests to wait on.</summary>
public sealed class ProbeLog
{
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _atGate;

    /// <summary>A handler began to wait.</summary>
    public Task Waiting => _waiting.Task;

    /// <summary>A handler's token was cancelled while it waited.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>Completes when this many calls wait for it.</summary>
    public Task GateAsync(int count)
    {
        if (Interlocked.Increment(ref _atGate) == count)
            _gate.SetResult();
        return _gate.Task;
    }

    public async Task DelayAsync(int milliseconds, CancellationToken cancellationToken)
    {
        _waiting.TrySetResult();
        try
        {
            await Task.Delay(milliseconds, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _cancelled.TrySetResult();
            throw;
        }
    }
}
