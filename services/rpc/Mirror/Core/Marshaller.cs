using System.Buffers;
using System.Text;

namespace Grpc.Core;

/// <summary>Where a serializer puts one message; exactly one Complete ends it.</summary>
public abstract class SerializationContext
{
    protected SerializationContext() { }

    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>The writer that takes the payload; end with <see cref="Complete()"/>.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Announces the exact payload size, so that it is written in one piece.</summary>
    public virtual void SetPayloadLength(int payloadLength) { }

    public virtual void Complete() => throw new NotImplementedException();
}

/// <summary>One received message; its memory is valid only while the deserializer runs.</summary>
public abstract class DeserializationContext
{
    protected DeserializationContext() { }

    public abstract int PayloadLength { get; }

    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(PayloadAsNewBuffer());
}

/// <summary>Writes and reads the messages of one type.</summary>
public class Marshaller<T>
{
    private readonly Func<T, byte[]>? _serializer;
    private readonly Func<byte[], T>? _deserializer;

    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
    {
        _serializer = serializer ?? throw new ArgumentNullException(nameof(serializer));
        _deserializer = deserializer ?? throw new ArgumentNullException(nameof(deserializer));
        ContextualSerializer = (value, context) => context.Complete(serializer(value));
        ContextualDeserializer = context => deserializer(context.PayloadAsNewBuffer());
    }

    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ContextualSerializer = serializer ?? throw new ArgumentNullException(nameof(serializer));
        ContextualDeserializer = deserializer ?? throw new ArgumentNullException(nameof(deserializer));
    }

    public Func<T, byte[]> Serializer => _serializer ?? SerializeToArray;

    public Func<byte[], T> Deserializer => _deserializer ?? DeserializeArray;

    public Action<T, SerializationContext> ContextualSerializer { get; }

    public Func<DeserializationContext, T> ContextualDeserializer { get; }

    private byte[] SerializeToArray(T value)
    {
        var context = new ArraySerializationContext();
        ContextualSerializer(value, context);
        return context.Payload;
    }

    private T DeserializeArray(byte[] payload) => ContextualDeserializer(new ArrayDeserializationContext(payload));

    private sealed class ArraySerializationContext : SerializationContext
    {
        private ArrayBufferWriter<byte>? _writer;
        private byte[]? _payload;

        public byte[] Payload => _payload ?? throw new InvalidOperationException("The serializer did not complete its payload.");

        public override void Complete(byte[] payload) => _payload = payload;

        public override IBufferWriter<byte> GetBufferWriter() => _writer ??= new ArrayBufferWriter<byte>();

        public override void Complete() => _payload = _writer?.WrittenSpan.ToArray() ?? [];
    }

    private sealed class ArrayDeserializationContext(byte[] payload) : DeserializationContext
    {
        public override int PayloadLength => payload.Length;

        public override byte[] PayloadAsNewBuffer() => payload;
    }
}

public static class Marshallers
{
    /// <summary>Text as UTF-8.</summary>
    public static Marshaller<string> StringMarshaller { get; } = new(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);

    public static Marshaller<T> Create<T>(Func<T, byte[]> serializer, Func<byte[], T> deserializer) => new(serializer, deserializer);

    public static Marshaller<T> Create<T>(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer) => new(serializer, deserializer);
}
