using System.Net;
using System.Net.Http.Headers;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Client;

internal static class GrpcMediaType
{
    public static readonly MediaTypeHeaderValue Value = new(Headers.ContentType);
}

/// <summary>A request of one message. HTTP may send it again on a new connection while the server has not seen it.</summary>
internal sealed class SingleMessageContent : HttpContent
{
    private readonly Lock _lock = new();
    private readonly ReadOnlyMemory<byte> _frame;
    private int _sending;
    private bool _closed;

    public SingleMessageContent(ReadOnlyMemory<byte> frame)
    {
        _frame = frame;
        Headers.ContentType = GrpcMediaType.Value;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _sending++;
        }
        try
        {
            await stream.WriteAsync(_frame, cancellationToken);
        }
        finally
        {
            lock (_lock)
                _sending--;
        }
    }

    /// <summary>Ends the use of the message's memory; false while a connection still reads from it.</summary>
    public bool Close()
    {
        lock (_lock)
        {
            _closed = true;
            return _sending == 0;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>A request that stays open for messages until it is completed.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamingContent() => Headers.ContentType = GrpcMediaType.Value;

    /// <summary>The request's stream, as soon as there is a connection for it.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>No more messages.</summary>
    public void Complete() => _completed.TrySetResult();

    /// <summary>The call ended: who waits to write gives up.</summary>
    public void Close()
    {
        _opened.TrySetCanceled();
        _completed.TrySetResult();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // A second time means that HTTP tries again; messages that were written are gone.
        if (_opened.Task.IsCompleted)
            throw new IOException("A streaming request cannot be sent again.");
        await stream.FlushAsync(cancellationToken);
        _opened.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
