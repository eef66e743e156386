using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Relais.Rpc.Wire;

/// <summary>
/// Turns messages into frames, one at a time. A message of known size goes uncompressed straight into the
/// transport's pipe when there is one; everything else is put together in a pooled buffer.
/// </summary>
internal sealed class PayloadWriter(int? limit, CompressionLevel? level) : SerializationContext, IDisposable
{
    private PooledBuffer? _buffer;
    private PipeWriter? _pipe;
    private int? _announced;
    private bool _direct;
    private bool _completed;

    /// <summary>A frame in a buffer that is valid until the next one.</summary>
    /// <exception cref="RpcException">ResourceExhausted: above the limit.</exception>
    public ReadOnlyMemory<byte> Write<T>(T message, Marshaller<T> marshaller, ICompressionProvider? encoding)
    {
        Serialize(message, marshaller, null);
        return Finish(encoding);
    }

    /// <summary>A frame at the end of the pipe, not yet flushed.</summary>
    /// <exception cref="RpcException">ResourceExhausted: above the limit.</exception>
    public void Write<T>(PipeWriter pipe, T message, Marshaller<T> marshaller, ICompressionProvider? encoding)
    {
        Serialize(message, marshaller, encoding is null ? pipe : null);
        if (!_direct)
            pipe.Write(Finish(encoding).Span);
    }

    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }

    public override void SetPayloadLength(int payloadLength)
    {
        if (payloadLength > limit)
            throw new RpcException(Frame.TooLargeToSend);
        _announced = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_direct)
            return _pipe!;
        if (_pipe is not null && _announced is { } length)
        {
            Frame.WritePrefix(_pipe.GetSpan(Frame.PrefixLength), compressed: false, length);
            _pipe.Advance(Frame.PrefixLength);
            _direct = true;
            return _pipe;
        }
        return Buffer();
    }

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        SetPayloadLength(payload.Length);
        GetBufferWriter().Write(payload);
        _completed = true;
    }

    public override void Complete() => _completed = true;

    private void Serialize<T>(T message, Marshaller<T> marshaller, PipeWriter? pipe)
    {
        _pipe = pipe;
        _announced = null;
        _direct = false;
        _completed = false;
        _buffer?.Reset();
        marshaller.ContextualSerializer(message, this);
        if (!_completed)
            throw new InvalidOperationException("The serializer did not complete its payload.");
    }

    private PooledBuffer Buffer()
    {
        _buffer ??= new PooledBuffer((_announced ?? 0) + Frame.PrefixLength);
        if (_buffer.Count == 0)
        {
            _buffer.GetSpan((_announced ?? 0) + Frame.PrefixLength);
            _buffer.Advance(Frame.PrefixLength);
        }
        return _buffer;
    }

    private ReadOnlyMemory<byte> Finish(ICompressionProvider? encoding)
    {
        var buffer = Buffer();
        var length = buffer.Count - Frame.PrefixLength;
        if (length > limit)
            throw new RpcException(Frame.TooLargeToSend);
        if (encoding is not null)
        {
            var compressed = Encodings.Compress(encoding, buffer.WrittenSpan[Frame.PrefixLength..], level);
            buffer.Dispose();
            _buffer = buffer = compressed;
        }
        Frame.WritePrefix(buffer.WrittenSpan, encoding is not null, buffer.Count - Frame.PrefixLength);
        return buffer.Written;
    }
}
