using System.Net.Http;
using Grpc.Core;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Client;

/// <summary>The responses of a call.</summary>
internal sealed class ResponseReader<TRequest, TResponse> : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private readonly HttpCall<TRequest, TResponse> _call;
    private readonly Task<HttpResponseMessage> _response;
    private FrameReader? _frames;
    private TResponse? _current;
    private int _reading;

    public ResponseReader(HttpCall<TRequest, TResponse> call, Task<HttpResponseMessage> response)
    {
        _call = call;
        _response = response;
        _ = ObserveAsync(response);
    }

    public TResponse Current => _current ?? throw new InvalidOperationException("No current element is available.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
            return Task.FromException<bool>(new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
        return Next(cancellationToken);
    }

    private async Task<bool> Next(CancellationToken cancellationToken)
    {
        using var cancels = cancellationToken.UnsafeRegister(static call => ((HttpCall<TRequest, TResponse>)call!).Cancel(), _call);
        try
        {
            if (_call.HasEnded(out var status))
                return status.StatusCode == StatusCode.OK ? false : throw new RpcException(status, _call.GetTrailers());
            var response = await _response;
            if (_call.HasEnded(out status))
                return status.StatusCode == StatusCode.OK ? false : throw new RpcException(status, _call.GetTrailers());
            _frames ??= _call.OpenBody(response);
            try
            {
                _current = await _frames.ReadAsync(_call.ResponseMarshaller, _call.Stopped);
            }
            catch (RpcException failure)
            {
                throw HttpCall<TRequest, TResponse>.Broken(failure, response);
            }
            if (_current is not null)
                return true;
            _frames.Dispose();
            _call.EndWithTrailers(response, missingMessage: false);
            response.Dispose();
            return false;
        }
        catch (Exception failure)
        {
            _current = null;
            throw _call.Fail(failure);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    // A caller may end a call without ever reading its responses.
    private static async Task ObserveAsync(Task response) => await response.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <summary>The requests of a call.</summary>
internal sealed class RequestWriter<TRequest, TResponse>(HttpCall<TRequest, TResponse> call, StreamingContent content) : IClientStreamWriter<TRequest>, IDisposable
    where TRequest : class
    where TResponse : class
{
    private readonly PayloadWriter _payload = new(call.Channel.MaxSend, null);
    private int _writing;
    private volatile bool _completed;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        if (message is null)
            return Task.FromException(new ArgumentNullException(nameof(message)));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        if (_completed)
            return Task.FromException(new InvalidOperationException("Request stream has already been completed."));
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            return Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));
        return Write(message, cancellationToken);
    }

    public Task CompleteAsync()
    {
        if (Volatile.Read(ref _writing) != 0)
            return Task.FromException(new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
        _completed = true;
        content.Complete();
        return Task.CompletedTask;
    }

    /// <summary>Gives the buffer back unless a write that cannot be stopped still uses it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            return;
        _payload.Dispose();
        Volatile.Write(ref _writing, 0);
    }

    private async Task Write(TRequest message, CancellationToken cancellationToken)
    {
        using var cancels = cancellationToken.UnsafeRegister(static call => ((HttpCall<TRequest, TResponse>)call!).Cancel(), call);
        try
        {
            if (call.HasEnded(out _))
                throw new OperationCanceledException();
            var stream = await content.Opened.WaitAsync(call.Stopped);
            var frame = _payload.Write(message, call.RequestMarshaller, call.EncodingFor(WriteOptions));
            await stream.WriteAsync(frame, call.Stopped);
            if (WriteOptions?.Flags.HasFlag(WriteFlags.BufferHint) != true)
                await stream.FlushAsync(call.Stopped);
        }
        catch (Exception failure) when (failure is not RpcException)
        {
            throw Describe(failure);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    // The server may have ended the call while its status is still unread: the reader of the responses reports it.
    private Exception Describe(Exception failure)
    {
        if (call.HasEnded(out var status))
            return new RpcException(status, call.GetTrailers());
        if (call.Stopped.IsCancellationRequested)
            return call.Fail(failure);
        return new RpcException(new Status(StatusCode.Cancelled, "The server ended the call before this message.", failure));
    }
}
