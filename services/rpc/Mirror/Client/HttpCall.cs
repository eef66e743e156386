using System.Net.Http;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Client;

/// <summary>One call as an HTTP/2 request: it ends once, with a status, whatever happens to the request.</summary>
internal sealed class HttpCall<TRequest, TResponse> : IHttpCall
    where TRequest : class
    where TResponse : class
{
    // CancelAfter takes at most 2^32-2 ms; a call does not outlive that.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Method<TRequest, TResponse> _method;
    private readonly string? _host;
    private CancellationTokenRegistration _callerCancels;
    private CancellationTokenRegistration _channelDisposes;
    private StreamingContent? _content;
    private HttpResponseMessage? _response;
    private TaskCompletionSource<Metadata>? _headers;
    private Metadata? _receivedHeaders;
    private Metadata? _trailers;
    private Status? _status;
    private bool _cancelled;

    public HttpCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        channel.ThrowIfDisposed();
        if (options.Deadline is { } deadline && deadline.Kind != DateTimeKind.Utc && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
            throw new InvalidOperationException($"Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        Channel = channel;
        _method = method;
        _host = host;
        Options = options;
        Stopped = _stop.Token;
        RequestEncoding = FindRequestEncoding();
    }

    public GrpcChannel Channel { get; }

    public CallOptions Options { get; }

    public RequestWriter<TRequest, TResponse>? RequestStream { get; private set; }

    public ResponseReader<TRequest, TResponse>? ResponseStream { get; private set; }

    public ICompressionProvider? RequestEncoding { get; }

    public Marshaller<TRequest> RequestMarshaller => _method.RequestMarshaller;

    public Marshaller<TResponse> ResponseMarshaller => _method.ResponseMarshaller;

    /// <summary>Cancelled at the deadline, by the caller or with the channel; stays readable after the call's end.</summary>
    public CancellationToken Stopped { get; }

    public async Task<TResponse> RunUnaryAsync(TRequest request)
    {
        var payload = new PayloadWriter(Channel.MaxSend, null);
        SingleMessageContent? content = null;
        try
        {
            Begin();
            content = new SingleMessageContent(payload.Write(request, RequestMarshaller, EncodingFor(null)));
            using var response = await SendAsync(content);
            return await ReadSingleAsync(response);
        }
        catch (Exception failure)
        {
            throw Fail(failure);
        }
        finally
        {
            // A body that is still being sent keeps its buffer.
            if (content is null || content.Close())
                payload.Dispose();
        }
    }

    public async Task<TResponse> RunClientStreamingAsync()
    {
        try
        {
            Begin();
            OpenRequestStream();
            using var response = await SendAsync(_content!);
            return await ReadSingleAsync(response);
        }
        catch (Exception failure)
        {
            throw Fail(failure);
        }
    }

    public void StartServerStreaming(TRequest request)
    {
        ResponseStream = new ResponseReader<TRequest, TResponse>(this, SendMessageAsync(request));
    }

    public void StartDuplexStreaming()
    {
        Begin();
        OpenRequestStream();
        ResponseStream = new ResponseReader<TRequest, TResponse>(this, SendStreamAsync());
    }

    public ICompressionProvider? EncodingFor(WriteOptions? options) =>
        RequestEncoding is not null && ((options ?? Options.WriteOptions)?.Flags & WriteFlags.NoCompress) != WriteFlags.NoCompress ? RequestEncoding : null;

    public FrameReader OpenBody(HttpResponseMessage response)
    {
        var encoding = response.Headers.NonValidated.TryGetValues(Wire.Headers.Encoding, out var values) ? values.ToString() : null;
        var provider = Channel.Encodings.Find(encoding);
        if (provider is null && encoding is not null and not Encodings.Identity)
            throw new RpcException(new Status(StatusCode.Internal, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {Channel.Encodings.AcceptHeader}"));
        return new FrameReader(response.Content.ReadAsStream(), provider, Channel.MaxReceive);
    }

    /// <summary>Ends the call with what its trailers say.</summary>
    /// <exception cref="RpcException">They say anything else than OK.</exception>
    public void EndWithTrailers(HttpResponseMessage response, bool missingMessage)
    {
        var trailers = CallFailure.MetadataIn(response.TrailingHeaders);
        var status = CallFailure.StatusIn(response.TrailingHeaders) ?? new Status(StatusCode.Unknown, "No grpc-status found on response.");
        if (missingMessage && status.StatusCode == StatusCode.OK)
            status = new Status(StatusCode.Internal, "The response has no message.");
        Finish(status, trailers);
        if (status.StatusCode != StatusCode.OK)
            throw new RpcException(status, trailers);
    }

    /// <summary>The exception for a call that could not go on; ends the call unless it has ended.</summary>
    public Exception Fail(Exception failure)
    {
        var status = failure switch
        {
            RpcException known => known.Status,
            _ when _status is { } ended => ended,
            _ when _stop.IsCancellationRequested => _cancelled
                ? new Status(StatusCode.Cancelled, "Call canceled by the client.", failure)
                : new Status(StatusCode.DeadlineExceeded, "", failure),
            ObjectDisposedException => new Status(StatusCode.Cancelled, "gRPC call disposed.", failure),
            HttpRequestException or IOException or OperationCanceledException => AfterDeadline(CallFailure.Of(failure)),
            _ => new Status(StatusCode.Internal, $"Error starting gRPC call. {failure.GetType().Name}: {failure.Message}", failure),
        };
        var trailers = (failure as RpcException)?.Trailers ?? _trailers ?? [];
        Finish(status, trailers);
        if (Channel.Options.ThrowOperationCanceledOnCancellation && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded && _stop.IsCancellationRequested)
            return new OperationCanceledException(status.Detail, new RpcException(status, trailers), Options.CancellationToken);
        return failure as RpcException ?? new RpcException(status, trailers);
    }

    /// <summary>Prefers the reason that the server gave at the end of a body that was cut short.</summary>
    public static RpcException Broken(RpcException failure, HttpResponseMessage response)
    {
        if (failure.Status.Detail == Frame.Incomplete.Detail && CallFailure.StatusIn(response.TrailingHeaders) is { } status && status.StatusCode != StatusCode.OK)
            return new RpcException(status, CallFailure.MetadataIn(response.TrailingHeaders));
        return failure;
    }

    public void Cancel()
    {
        lock (_lock)
        {
            if (_status is not null || _cancelled)
                return;
            _cancelled = true;
        }
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended in this moment.
        }
    }

    public bool HasEnded(out Status status)
    {
        lock (_lock)
        {
            status = _status ?? default;
            return _status is not null;
        }
    }

    public Task<Metadata> HeadersAsync()
    {
        lock (_lock)
        {
            if (_headers is not null)
                return _headers.Task;
            _headers = new TaskCompletionSource<Metadata>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_response is not null)
                SetHeaders();
            else if (_status is { } status)
                _headers.SetException(new RpcException(status, _trailers ?? []));
            return _headers.Task;
        }
    }

    public Status GetStatus() => HasEnded(out var status) ? status : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => HasEnded(out _) ? _trailers ?? [] : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    public void Dispose()
    {
        Cancel();
        if (ResponseStream is not null)
            Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."), []);
    }

    private async Task<HttpResponseMessage> SendMessageAsync(TRequest request)
    {
        var payload = new PayloadWriter(Channel.MaxSend, null);
        SingleMessageContent? content = null;
        try
        {
            Begin();
            content = new SingleMessageContent(payload.Write(request, RequestMarshaller, EncodingFor(null)));
            return await SendAsync(content);
        }
        catch (Exception failure)
        {
            throw Fail(failure);
        }
        finally
        {
            if (content is null || content.Close())
                payload.Dispose();
        }
    }

    private async Task<HttpResponseMessage> SendStreamAsync()
    {
        try
        {
            return await SendAsync(_content!);
        }
        catch (Exception failure)
        {
            throw Fail(failure);
        }
    }

    private void OpenRequestStream()
    {
        _content = new StreamingContent();
        RequestStream = new RequestWriter<TRequest, TResponse>(this, _content);
    }

    private void Begin()
    {
        _channelDisposes = Channel.Disposing.UnsafeRegister(static call => ((HttpCall<TRequest, TResponse>)call!).Cancel(), this);
        if (Options.CancellationToken.CanBeCanceled)
            _callerCancels = Options.CancellationToken.UnsafeRegister(static call => ((HttpCall<TRequest, TResponse>)call!).Cancel(), this);
        if (Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            var remaining = deadline - DateTime.UtcNow;
            if (remaining <= TimeSpan.Zero)
                _stop.Cancel();
            else if (remaining < LongestTimer)
                _stop.CancelAfter(remaining);
        }
    }

    private async ValueTask<HttpResponseMessage> SendAsync(HttpContent content)
    {
        var token = Stopped;
        for (var attempt = 0; ; attempt++)
        {
            token.ThrowIfCancellationRequested();
            var request = CallRequest.Create(Channel, _method, _host, Options, RequestEncoding, content);
            if (Options.Credentials is not null || Channel.CallCredentials is not null)
                await CallRequest.AddCredentialsAsync(request, Channel, _method, Options, token);
            HttpResponseMessage response;
            try
            {
                response = await Channel.SendAsync(request, token);
            }
            catch (HttpRequestException failure) when (Options.IsWaitForReady && failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
            {
                // 50 ms at first, twice that each time, at most 1.6 s.
                await Task.Delay(TimeSpan.FromMilliseconds(50 << Math.Min(attempt, 5)), token);
                continue;
            }
            OnResponse(response);
            return response;
        }
    }

    private void OnResponse(HttpResponseMessage response)
    {
        var status = CallFailure.OfResponse(response);
        if (status is null)
        {
            lock (_lock)
            {
                _response = response;
                if (_headers is not null)
                    SetHeaders();
            }
            return;
        }
        lock (_lock)
            _response = response;
        var metadata = CallFailure.MetadataIn(response.Headers);
        var refused = status.Value.StatusCode == StatusCode.OK && _method.Type is MethodType.Unary or MethodType.ClientStreaming
            ? new Status(StatusCode.Internal, "The response has no message.")
            : status.Value;
        Finish(refused, metadata);
        response.Dispose();
        if (refused.StatusCode != StatusCode.OK)
            throw new RpcException(refused, metadata);
    }

    private void SetHeaders()
    {
        try
        {
            _headers!.TrySetResult(_receivedHeaders ??= CallFailure.MetadataIn(_response!.Headers));
        }
        catch (RpcException malformed)
        {
            _headers!.TrySetException(malformed);
        }
    }

    private async ValueTask<TResponse> ReadSingleAsync(HttpResponseMessage response)
    {
        using var reader = OpenBody(response);
        TResponse? message;
        try
        {
            message = await reader.ReadAsync(ResponseMarshaller, Stopped);
            if (message is not null)
                await reader.ReadEndAsync(Stopped);
        }
        catch (RpcException failure)
        {
            throw Broken(failure, response);
        }
        EndWithTrailers(response, missingMessage: message is null);
        return message!;
    }

    private void Finish(Status status, Metadata trailers)
    {
        lock (_lock)
        {
            if (_status is not null)
                return;
            _status = status;
            _trailers = trailers;
            if (_headers is not null)
            {
                if (_response is not null)
                    SetHeaders();
                else
                    _headers.TrySetException(new RpcException(status, trailers));
            }
        }
        _callerCancels.Dispose();
        _channelDisposes.Dispose();
        _content?.Close();
        RequestStream?.Dispose();
        if (status.StatusCode != StatusCode.OK)
            _response?.Dispose();
        _stop.Dispose();
    }

    private Status AfterDeadline(Status status) =>
        Options.Deadline is { } deadline && DateTime.UtcNow >= deadline && status.StatusCode is StatusCode.Cancelled or StatusCode.Unavailable
            ? new Status(StatusCode.DeadlineExceeded, "", status.DebugException)
            : status;

    private ICompressionProvider? FindRequestEncoding()
    {
        var name = Options.Headers?.GetValue(Wire.Headers.EncodingRequest);
        if (name is null or Encodings.Identity)
            return null;
        return Channel.Encodings.Find(name) ?? throw new RpcException(new Status(StatusCode.Internal, $"Could not find compression provider for '{name}'."));
    }
}
