using System.Buffers;
using Grpc.Core;
using Grpc.Net.Compression;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Client;

/// <summary>Reads the messages of a response body; what arrives together is parsed without another read.</summary>
internal sealed class FrameReader(Stream body, ICompressionProvider? encoding, int? limit) : IDisposable
{
    private const int FirstRead = 4096;

    private readonly PayloadReader _payload = new();
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstRead);
    private int _start;
    private int _end;

    /// <summary>The next message, or null at the end of the body.</summary>
    /// <exception cref="RpcException">The body is no sequence of messages, or one is above the limit.</exception>
    public async ValueTask<T?> ReadAsync<T>(Marshaller<T> marshaller, CancellationToken cancellationToken)
        where T : class
    {
        if (!await FillAsync(Frame.PrefixLength, cancellationToken))
            return _end == _start ? null : throw new RpcException(Frame.Incomplete);
        var (compressed, length) = Frame.ReadPrefix(_buffer.AsSpan(_start, Frame.PrefixLength), limit);
        if (!await FillAsync(Frame.PrefixLength + length, cancellationToken))
            throw new RpcException(Frame.Incomplete);
        var payload = new ReadOnlySequence<byte>(_buffer, _start + Frame.PrefixLength, length);
        var message = _payload.Read(payload, compressed, encoding, limit, marshaller);
        _start += Frame.PrefixLength + length;
        return message;
    }

    /// <summary>Waits for the end of the body.</summary>
    /// <exception cref="RpcException">Internal: there is more.</exception>
    public async ValueTask ReadEndAsync(CancellationToken cancellationToken)
    {
        if (_end > _start || await FillAsync(1, cancellationToken))
            throw new RpcException(Frame.AdditionalData);
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            MakeRoom(count);
            var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
                return false;
            _end += read;
        }
        return true;
    }

    // Grows with what arrives, not with what a prefix claims.
    private void MakeRoom(int count)
    {
        if (_start > 0 && (_start == _end || _start + count > _buffer.Length))
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_end < _buffer.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)_buffer.Length * 2, Array.MaxLength));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
