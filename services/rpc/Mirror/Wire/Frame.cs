using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Relais.Rpc.Wire;

/// <summary>A length-prefixed message of the gRPC protocol: one flag byte, four length bytes, the payload.</summary>
internal static class Frame
{
    public const int PrefixLength = 5;

    /// <summary>4 MB, the limit of every gRPC implementation unless configured.</summary>
    public const int DefaultReceiveLimit = 4 * 1024 * 1024;

    public static readonly Status TooLargeToReceive = new(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
    public static readonly Status TooLargeToSend = new(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size.");
    public static readonly Status Incomplete = new(StatusCode.Internal, "Incomplete message.");
    public static readonly Status AdditionalData = new(StatusCode.Internal, "Additional data after the message received.");
    public static readonly Status BadFlag = new(StatusCode.Internal, "Unexpected compressed flag value in message header.");
    public static readonly Status NoEncoding = new(StatusCode.Internal, "A message is compressed but the call names no grpc-encoding.");

    public static void WritePrefix(Span<byte> target, bool compressed, int length)
    {
        target[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], (uint)length);
    }

    /// <summary>Reads a prefix and checks it before any memory is set aside for the payload.</summary>
    /// <exception cref="RpcException">The flag is neither 0 nor 1, or the length is above the limit.</exception>
    public static (bool Compressed, int Length) ReadPrefix(ReadOnlySpan<byte> prefix, int? limit)
    {
        if (prefix[0] > 1)
            throw new RpcException(BadFlag);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)(limit ?? Array.MaxLength))
            throw new RpcException(TooLargeToReceive);
        return (prefix[0] == 1, (int)length);
    }
}

/// <summary>Hands a received payload to a deserializer without copying it.</summary>
internal sealed class PayloadReader : DeserializationContext
{
    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <exception cref="RpcException">Internal: the payload is not a message of this type.</exception>
    public T Read<T>(in ReadOnlySequence<byte> payload, Marshaller<T> marshaller)
    {
        _payload = payload;
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
        catch (Exception failure) when (failure is Google.Protobuf.InvalidProtocolBufferException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"Failed to deserialize a {typeof(T).Name} message.", failure));
        }
        finally
        {
            _payload = default;
        }
    }

    /// <inheritdoc cref="Read{T}(in ReadOnlySequence{byte}, Marshaller{T})"/>
    public T Read<T>(in ReadOnlySequence<byte> payload, bool compressed, Grpc.Net.Compression.ICompressionProvider? encoding, int? limit, Marshaller<T> marshaller)
    {
        if (!compressed)
            return Read(payload, marshaller);
        if (encoding is null)
            throw new RpcException(Frame.NoEncoding);
        using var plain = Encodings.Decompress(encoding, payload, limit);
        return Read(new ReadOnlySequence<byte>(plain.Written), marshaller);
    }
}
