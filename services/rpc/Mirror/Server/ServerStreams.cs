using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Server;

/// <summary>The messages of a request.</summary>
internal sealed class RequestReader<T>(HttpServerCallContext call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
    where T : class
{
    private readonly PayloadReader _payload = new();
    private T? _current;
    private bool _reading;
    private bool _ended;

    public T Current => _current ?? throw new InvalidOperationException("No current element is available.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<bool>(cancellationToken);
        if (_reading)
            return Task.FromException<bool>(new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
        if (_ended)
            return Task.FromResult(false);
        return Next(cancellationToken);
    }

    /// <summary>The one message of a request that is not a stream.</summary>
    /// <exception cref="RpcException">Internal: none, more than one, or broken.</exception>
    public async ValueTask<T> ReadSingleAsync()
    {
        var message = await ReadAsync(single: true, CancellationToken.None) ?? throw new RpcException(Frame.Incomplete);
        return message;
    }

    private async Task<bool> Next(CancellationToken cancellationToken)
    {
        _reading = true;
        try
        {
            _current = await ReadAsync(single: false, cancellationToken);
            _ended = _current is null;
            return !_ended;
        }
        finally
        {
            _reading = false;
        }
    }

    private async ValueTask<T?> ReadAsync(bool single, CancellationToken cancellationToken)
    {
        var reader = call.HttpContext.Request.BodyReader;
        var token = call.CancellationToken;
        using var linked = call.Link(cancellationToken);
        token = linked?.Token ?? token;
        T? message = null;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync(token);
            }
            catch (Exception failure) when (failure is IOException && call.HttpContext.RequestAborted.IsCancellationRequested)
            {
                throw new OperationCanceledException("The client cancelled the call.", failure, call.HttpContext.RequestAborted);
            }
            var buffer = read.Buffer;
            if (message is not null)
            {
                if (buffer.Length > 0)
                    throw new RpcException(Frame.AdditionalData);
            }
            else if (TryRead(ref buffer, out message))
            {
                if (!single || (read.IsCompleted && buffer.IsEmpty))
                {
                    reader.AdvanceTo(buffer.Start);
                    return message;
                }
                if (!buffer.IsEmpty)
                    throw new RpcException(Frame.AdditionalData);
            }
            if (read.IsCompleted)
            {
                if (message is null && !buffer.IsEmpty)
                    throw new RpcException(Frame.Incomplete);
                reader.AdvanceTo(buffer.End);
                return message;
            }
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private bool TryRead(ref ReadOnlySequence<byte> buffer, out T? message)
    {
        message = null;
        if (buffer.Length < Frame.PrefixLength)
            return false;
        Span<byte> prefix = stackalloc byte[Frame.PrefixLength];
        buffer.Slice(0, Frame.PrefixLength).CopyTo(prefix);
        var (compressed, length) = Frame.ReadPrefix(prefix, call.Options.MaxReceive);
        if (buffer.Length - Frame.PrefixLength < length)
            return false;
        message = _payload.Read(buffer.Slice(Frame.PrefixLength, length), compressed, compressed ? call.FindRequestEncoding() : null, call.Options.MaxReceive, marshaller);
        buffer = buffer.Slice(Frame.PrefixLength + (long)length);
        return true;
    }
}

/// <summary>The messages of a response.</summary>
internal sealed class ResponseWriter<T>(HttpServerCallContext call, Marshaller<T> marshaller) : IServerStreamWriter<T>, IDisposable
    where T : class
{
    private readonly PayloadWriter _payload = new(call.Options.MaxSend, call.Options.Level);
    private int _writing;
    private volatile bool _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (message is null)
            return Task.FromException(new ArgumentNullException(nameof(message)));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        if (_completed || call.CancellationToken.IsCancellationRequested)
            return Task.FromException(Complete());
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            return Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));
        return Write(message, cancellationToken);
    }

    /// <summary>Puts the one message of a response that is not a stream in the pipe; the end of the call flushes it.</summary>
    public void WriteSingle(T message)
    {
        _payload.Write(call.HttpContext.Response.BodyWriter, message, marshaller, call.EncodingFor(null));
        call.HeadersSent = true;
    }

    /// <summary>No writes after this.</summary>
    public void End() => _completed = true;

    public void Dispose() => _payload.Dispose();

    private static InvalidOperationException Complete() => new("Can't write the message because the request is complete.");

    private async Task Write(T message, CancellationToken cancellationToken)
    {
        var guard = call.DeadlineGuard;
        var guarded = false;
        try
        {
            if (guard is not null && !(guarded = guard.TryBeginWrite()))
                throw Complete();
            var options = WriteOptions ?? call.WriteOptions;
            var pipe = call.HttpContext.Response.BodyWriter;
            _payload.Write(pipe, message, marshaller, call.EncodingFor(options));
            call.HeadersSent = true;
            var buffered = options is not null && (options.Flags & WriteFlags.BufferHint) != 0;
            if (!buffered)
            {
                // Kestrel ends a flush when the stream ends; a cancelled flush would report a server error to the client.
                await pipe.FlushAsync(cancellationToken == call.CancellationToken ? CancellationToken.None : cancellationToken);
            }
        }
        finally
        {
            if (guarded)
                guard!.EndWrite();
            Volatile.Write(ref _writing, 0);
        }
    }
}
