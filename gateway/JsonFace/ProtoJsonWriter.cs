using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Relais.Gateway.JsonFace;

/// <summary>
/// Writes messages in protobuf's JSON mapping as UTF-8: names in lowerCamelCase, enums by name, default values shown,
/// and only unset optional and message fields left out.
/// </summary>
internal static class ProtoJsonWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(IBufferWriter<byte> output, IMessage message)
    {
        using var json = new Utf8JsonWriter(output, Options);
        WriteMessage(json, message);
    }

    private static void WriteMessage(Utf8JsonWriter json, IMessage message)
    {
        switch (message)
        {
            case Timestamp timestamp:
                json.WriteStringValue(Text(timestamp));
                return;
            case Value value:
                WriteValue(json, value);
                return;
            case Struct fields:
                WriteStruct(json, fields);
                return;
            case ListValue list:
                WriteListValue(json, list);
                return;
            case FieldMask or Duration:
                json.WriteRawValue(JsonFormatter.Default.Format(message));
                return;
        }

        json.WriteStartObject();
        foreach (var field in MessageShape.Of(message.Descriptor).Fields)
        {
            var descriptor = field.Descriptor;
            var accessor = descriptor.Accessor;
            if (descriptor.HasPresence && !accessor.HasValue(message))
                continue;

            json.WritePropertyName(field.Name);
            var value = accessor.GetValue(message);
            if (descriptor.IsMap)
                WriteMap(json, descriptor, (IDictionary)value);
            else if (descriptor.IsRepeated)
                WriteList(json, field, (IList)value);
            else
                WriteSingle(json, field, value);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, FieldShape field, IList values)
    {
        json.WriteStartArray();
        foreach (var value in values)
            WriteSingle(json, field, value);
        json.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter json, FieldDescriptor field, IDictionary values)
    {
        var shape = MessageShape.Of(field.MessageType).Fields[1];
        json.WriteStartObject();
        foreach (DictionaryEntry entry in values)
        {
            json.WritePropertyName(entry.Key is bool flag ? (flag ? "true" : "false") : Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
            WriteSingle(json, shape, entry.Value!);
        }

        json.WriteEndObject();
    }

    private static void WriteSingle(Utf8JsonWriter json, FieldShape field, object value)
    {
        switch (value)
        {
            case string text:
                WriteText(json, text);
                break;
            case IMessage message:
                WriteMessage(json, message);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case uint number:
                json.WriteNumberValue(number);
                break;
            // JSON's readers hold numbers in doubles, so the mapping writes 64 bits as text.
            case long number:
                json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                WriteReal(json, number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case float number:
                WriteReal(json, number);
                break;
            case ByteString bytes:
                json.WriteBase64StringValue(bytes.Span);
                break;
            default:
                // A boxed enum unboxes to the integer that it is.
                var constant = (int)value;
                if (field.EnumNames is { } names && names.TryGetValue(constant, out var name))
                    json.WriteStringValue(name);
                else
                    json.WriteNumberValue(constant);
                break;
        }
    }

    /// <summary>
    /// Text in which only what JSON demands is escaped. .NET's encoders write each emoji as two escapes, which reads badly
    /// and takes three times the bytes.
    /// </summary>
    private static void WriteText(Utf8JsonWriter json, string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            json.WriteStringValue(text);
            return;
        }

        var raw = new StringBuilder(text.Length + 16).Append('"');
        foreach (var letter in text)
        {
            if (letter is '"' or '\\')
                raw.Append('\\').Append(letter);
            else if (letter < ' ')
                raw.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                raw.Append(letter);
        }

        json.WriteRawValue(raw.Append('"').ToString(), skipInputValidation: true);
    }

    private static void WriteReal(Utf8JsonWriter json, double number)
    {
        if (double.IsFinite(number))
            json.WriteNumberValue(number);
        else
            json.WriteStringValue(double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
    }

    private static void WriteValue(Utf8JsonWriter json, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                WriteText(json, value.StringValue);
                break;
            case Value.KindOneofCase.NumberValue:
                WriteReal(json, value.NumberValue);
                break;
            case Value.KindOneofCase.BoolValue:
                json.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.StructValue:
                WriteStruct(json, value.StructValue);
                break;
            case Value.KindOneofCase.ListValue:
                WriteListValue(json, value.ListValue);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    private static void WriteStruct(Utf8JsonWriter json, Struct fields)
    {
        json.WriteStartObject();
        foreach (var (name, value) in fields.Fields)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void WriteListValue(Utf8JsonWriter json, ListValue list)
    {
        json.WriteStartArray();
        foreach (var value in list.Values)
            WriteValue(json, value);
        json.WriteEndArray();
    }

    /// <summary>RFC 3339 in UTC with none, 3, 6 or 9 digits of fraction, as protobuf's JSON mapping writes it.</summary>
    private static string Text(Timestamp timestamp)
    {
        var instant = DateTime.UnixEpoch.AddSeconds(timestamp.Seconds);
        return timestamp.Nanos switch
        {
            0 => instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            var nanos when nanos % 1_000_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{instant:yyyy-MM-dd'T'HH:mm:ss}.{nanos / 1_000_000:000}Z"),
            var nanos when nanos % 1_000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{instant:yyyy-MM-dd'T'HH:mm:ss}.{nanos / 1_000:000000}Z"),
            var nanos => string.Create(CultureInfo.InvariantCulture, $"{instant:yyyy-MM-dd'T'HH:mm:ss}.{nanos:000000000}Z"),
        };
    }
}
