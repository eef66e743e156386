using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Relais.Gateway.JsonFace;

/// <summary>What reading and writing a message as JSON needs to know of it, found once for each kind of message.</summary>
internal sealed class MessageShape
{
    private static readonly ConcurrentDictionary<MessageDescriptor, MessageShape> Shapes = new();

    private readonly FrozenDictionary<string, FieldDescriptor> byName;

    private MessageShape(MessageDescriptor descriptor)
    {
        var fields = descriptor.Fields.InFieldNumberOrder();
        byName = fields.SelectMany(field => new[] { (Name: field.JsonName, field), (field.Name, field) })
            .DistinctBy(entry => entry.Name)
            .ToFrozenDictionary(entry => entry.Name, entry => entry.field, StringComparer.Ordinal);
        Fields = [.. fields.Select(field => new FieldShape(field))];
        Known = string.Join(", ", Fields.Select(field => field.Descriptor.JsonName));
    }

    /// <summary>By number.</summary>
    public IReadOnlyList<FieldShape> Fields { get; }

    /// <summary>The fields' names in a sentence; empty when there are none.</summary>
    public string Known { get; }

    public static MessageShape Of(MessageDescriptor descriptor) => Shapes.GetOrAdd(descriptor, static found => new MessageShape(found));

    /// <summary>The field of a lowerCamelCase name, or of the name that it has in the proto.</summary>
    public FieldDescriptor? Field(string name) => byName.GetValueOrDefault(name);

    /// <summary>A new message without content.</summary>
    public static IMessage NewMessage(MessageDescriptor descriptor) => descriptor.Parser.ParseFrom(ReadOnlySpan<byte>.Empty);
}

/// <summary>A field with its name as JSON writes it and, for an enum, its values' names.</summary>
internal sealed class FieldShape(FieldDescriptor descriptor)
{
    public FieldDescriptor Descriptor { get; } = descriptor;

    public JsonEncodedText Name { get; } = JsonEncodedText.Encode(descriptor.JsonName, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);

    public FrozenDictionary<int, JsonEncodedText>? EnumNames { get; } = descriptor.FieldType != FieldType.Enum
        ? null
        : descriptor.EnumType.Values.DistinctBy(value => value.Number).ToFrozenDictionary(value => value.Number, value => JsonEncodedText.Encode(value.Name));
}

internal static class Fields
{
    private static readonly FrozenSet<string> Wrappers = new[]
    {
        "google.protobuf.BoolValue", "google.protobuf.BytesValue", "google.protobuf.DoubleValue", "google.protobuf.FloatValue",
        "google.protobuf.Int32Value", "google.protobuf.Int64Value", "google.protobuf.StringValue", "google.protobuf.UInt32Value",
        "google.protobuf.UInt64Value",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The scalar inside a wrapper, which C# shows as that scalar or null.</summary>
    public static FieldDescriptor? Wrapped(this FieldDescriptor field) =>
        field.FieldType == FieldType.Message && Wrappers.Contains(field.MessageType.FullName) ? field.MessageType.Fields.InFieldNumberOrder()[0] : null;

    /// <summary>Whether a message is written as one JSON string, and so can stand in a query.</summary>
    public static bool IsTextual(this MessageDescriptor message) =>
        message.FullName is "google.protobuf.Timestamp" or "google.protobuf.FieldMask" or "google.protobuf.Duration";
}
