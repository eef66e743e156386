using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Relais.Gateway.JsonFace;

/// <summary>What is wrong with a JSON body.</summary>
/// <param name="Field">Path such as <c>requiredSkills[2].minimumLevel</c>; empty where no field is to blame.</param>
/// <param name="Message">A sentence that says where and what to do.</param>
internal sealed record JsonFault(string Code, string Field, string Message)
{
    /// <summary>The message without where in the text it is: for JSON that was taken out of a greater text.</summary>
    public string What { get; init; } = Message;
}

/// <summary>
/// Reads protobuf's JSON mapping from UTF-8 into a message, strictly: unknown and repeated names are errors, and an error
/// says which field it is about and where it stands.
/// </summary>
internal ref struct ProtoJsonReader
{
    /// <summary>
    /// Objects and arrays inside each other. A google.protobuf.Value takes three protobuf messages for each, and protobuf
    /// parsers stop at 100.
    /// </summary>
    public const int MaxDepth = 32;

    /// <summary>Values in one body, those in lists and objects counted: each costs some hundred bytes of memory, however short its text.</summary>
    public const int MostValues = 250_000;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly ReadOnlySequence<byte> body;
    private Utf8JsonReader json;
    private JsonFault? fault;
    private int values;

    private ProtoJsonReader(ReadOnlySequence<byte> body)
    {
        this.body = body;
        json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Merges a JSON object into a message.</summary>
    /// <param name="given">Takes the message's fields that the object names, in their order; null when nobody asks.</param>
    /// <returns>What is wrong, or null; after a fault the message holds what was read before it.</returns>
    public static JsonFault? Read(ReadOnlySequence<byte> body, IMessage message, List<FieldDescriptor>? given = null)
    {
        if (body.Length >= ByteOrderMark.Length && body.Slice(0, ByteOrderMark.Length).ToArray().AsSpan().SequenceEqual(ByteOrderMark))
            body = body.Slice(ByteOrderMark.Length);

        var reader = new ProtoJsonReader(body);
        try
        {
            reader.json.Read();
            if (reader.json.TokenType != JsonTokenType.StartObject)
                return new JsonFault(Misfit.WrongType, "", $"The body is a JSON object, but {reader.Given()} was given.");
            if (!reader.ReadFields(message, given))
                return reader.fault;

            reader.json.Read();
            return null;
        }
        catch (JsonException malformed)
        {
            // Utf8JsonReader has no other way to say that the text is no JSON.
            return reader.Malformed(malformed);
        }
    }

    private bool ReadFields(IMessage message, List<FieldDescriptor>? given)
    {
        var shape = MessageShape.Of(message.Descriptor);
        Span<bool> seen = stackalloc bool[shape.Fields.Count];
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            if (!ReadText(out var name))
                return false;
            if (shape.Field(name) is not { } field)
            {
                return Fail(
                    "request.unknown_field",
                    shape.Known.Length == 0 ? "is not known; this object has no fields" : $"is not known; known are {shape.Known}",
                    Printable(name));
            }

            if (seen[field.Index])
                return Fail("request.duplicate_field", "is given twice", field.JsonName);
            seen[field.Index] = true;

            given?.Add(field);
            json.Read();
            if (!ReadField(message, field))
                return Inside(field.JsonName);
        }

        return true;
    }

    private bool ReadField(IMessage message, FieldDescriptor field)
    {
        if (json.TokenType == JsonTokenType.Null && !IsValue(field))
            return true;
        if (field.IsMap)
            return ReadMap((IDictionary)field.Accessor.GetValue(message), field);
        if (field.IsRepeated)
            return ReadList((IList)field.Accessor.GetValue(message), field);

        if (field.RealContainingOneof is { } oneof && oneof.Accessor.GetCaseFieldDescriptor(message) is { } other)
            return Fail("request.duplicate_field", $"cannot be given together with {other.JsonName}");
        if (!ReadSingle(field, out var value))
            return false;
        field.Accessor.SetValue(message, value);
        return true;
    }

    private bool ReadList(IList list, FieldDescriptor field)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            return Fail(Misfit.WrongType, $"takes a list, but {Given()} was given");

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.Null && !IsValue(field))
                return Fail(Misfit.WrongType, "cannot be null inside a list") || Inside(Index(list.Count));
            if (!ReadSingle(field, out var value))
                return Inside(Index(list.Count));
            list.Add(value);
        }

        return true;
    }

    private bool ReadMap(IDictionary map, FieldDescriptor field)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            return Fail(Misfit.WrongType, $"takes an object, but {Given()} was given");

        var (keyField, valueField) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            if (!ReadText(out var name))
                return false;
            if (FieldText.Read(keyField, name, out var key) is { } misfit)
                return Fail(misfit.Code, "has a key that " + misfit.Takes);
            if (map.Contains(key))
                return Fail("request.duplicate_field", "is given twice") || Inside(Printable(name));

            json.Read();
            if (json.TokenType == JsonTokenType.Null && !IsValue(valueField))
                return Fail(Misfit.WrongType, "cannot be null inside a map") || Inside(Printable(name));
            if (!ReadSingle(valueField, out var value))
                return Inside(Printable(name));
            map.Add(key, value);
        }

        return true;
    }

    private bool ReadSingle(FieldDescriptor field, out object value)
    {
        if (field.Wrapped() is { } scalar)
            field = scalar;

        value = "";
        if (!Counts())
            return false;
        switch (field.FieldType, json.TokenType)
        {
            case (FieldType.Message, _):
                return ReadMessage(field.MessageType, field, out value);
            case (FieldType.String, JsonTokenType.String):
                if (!ReadText(out var text))
                    return false;
                value = text;
                return !text.Contains('\0', StringComparison.Ordinal) || Fits(FieldText.Nul);
            case (FieldType.Bool, JsonTokenType.True or JsonTokenType.False):
                value = json.GetBoolean();
                return true;
            case (FieldType.String or FieldType.Bool, _) or (FieldType.Bytes, not JsonTokenType.String):
                return Fail(Misfit.WrongType, $"takes {(field.FieldType == FieldType.Bool ? "true or false" : "a string")}, but {Given()} was given");
            case (FieldType.Enum, JsonTokenType.Number):
                value = json.TryGetInt32(out var number) ? number : 0;
                return number == 0 || field.EnumType.FindValueByNumber(number) is not null || Fits(FieldText.TakesNameOf(field.EnumType));
            case (_, JsonTokenType.String):
                // Enums by name, bytes in base64, and numbers, which the mapping allows to stand in a string.
                return ReadText(out var written) && Fits(FieldText.Read(field, written, out value));
            case (FieldType.Double or FieldType.Float, JsonTokenType.Number):
                return (json.TryGetDouble(out var real) && double.IsFinite(real)
                        && Fits(FieldText.Real(field.FieldType, real, mayBeInfinite: false, out value)))
                    || (fault is null && Fail(Misfit.OutOfRange, "takes a number in the range of double precision"));
            case (not FieldType.Enum, JsonTokenType.Number):
                return json.TryGetDecimal(out var whole)
                    ? Fits(FieldText.Whole(field.FieldType, whole, out value))
                    : Fits(FieldText.TakesWhole(field.FieldType, Misfit.OutOfRange));
            default:
                var misfit = field.FieldType switch
                {
                    FieldType.Enum => FieldText.TakesNameOf(field.EnumType),
                    FieldType.Double or FieldType.Float => new Misfit(Misfit.WrongType, "takes a number"),
                    _ => FieldText.TakesWhole(field.FieldType, Misfit.WrongType),
                };
                return Fail(Misfit.WrongType, $"{misfit.Takes}, but {Given()} was given");
        }
    }

    private bool ReadMessage(MessageDescriptor type, FieldDescriptor field, out object value)
    {
        value = "";
        switch (type.FullName)
        {
            case "google.protobuf.Value":
                var read = ReadValue(out var any);
                value = any;
                return read;
            case "google.protobuf.Struct" when json.TokenType == JsonTokenType.StartObject:
                var fields = new Struct();
                value = fields;
                return ReadStruct(fields);
            case "google.protobuf.ListValue" when json.TokenType == JsonTokenType.StartArray:
                var list = new ListValue();
                value = list;
                return ReadListValue(list);
            case "google.protobuf.ListValue":
                return Fail(Misfit.WrongType, $"takes a list, but {Given()} was given");
        }

        if (type.IsTextual())
        {
            return json.TokenType == JsonTokenType.String
                ? ReadText(out var text) && Fits(FieldText.Read(field, text, out value))
                : Fail(Misfit.WrongType, $"takes a string, but {Given()} was given");
        }

        if (json.TokenType != JsonTokenType.StartObject)
            return Fail(Misfit.WrongType, $"takes an object, but {Given()} was given");
        var message = MessageShape.NewMessage(type);
        value = message;
        return ReadFields(message, null);
    }

    private bool ReadValue(out Value value)
    {
        value = new Value();
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                value.StructValue = new Struct();
                return ReadStruct(value.StructValue);
            case JsonTokenType.StartArray:
                value.ListValue = new ListValue();
                return ReadListValue(value.ListValue);
            case JsonTokenType.String:
                if (!ReadText(out var text))
                    return false;
                value.StringValue = text;
                return !text.Contains('\0', StringComparison.Ordinal) || Fits(FieldText.Nul);
            case JsonTokenType.Number:
                var isFinite = json.TryGetDouble(out var number) && double.IsFinite(number);
                value.NumberValue = number;
                return isFinite || Fail(Misfit.OutOfRange, "takes a number in the range of double precision");
            case JsonTokenType.True or JsonTokenType.False:
                value.BoolValue = json.GetBoolean();
                return true;
            default:
                value.NullValue = NullValue.NullValue;
                return true;
        }
    }

    private bool ReadStruct(Struct message)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            if (!ReadText(out var name))
                return false;
            if (message.Fields.ContainsKey(name))
                return Fail("request.duplicate_field", "is given twice", Printable(name));

            json.Read();
            if (!Counts() || !ReadValue(out var value))
                return Inside(Printable(name));
            message.Fields.Add(name, value);
        }

        return true;
    }

    private bool ReadListValue(ListValue message)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (!Counts() || !ReadValue(out var value))
                return Inside(Index(message.Values.Count));
            message.Values.Add(value);
        }

        return true;
    }

    private bool ReadText(out string text)
    {
        try
        {
            text = json.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            // How Utf8JsonReader reports bytes that are not UTF-8 and halves of surrogate pairs.
            text = "";
            return Fail(Misfit.InvalidText, "is not valid Unicode: it holds bytes that are not UTF-8, or half of a surrogate pair");
        }
    }

    private bool Counts() => ++values <= MostValues
        || Fail("request.too_many_values", string.Create(CultureInfo.InvariantCulture, $"is one value too many: a body may hold {MostValues:N0}. Send the rest with the next call"));

    private bool Fits(Misfit? misfit) => misfit is null || Fail(misfit.Code, misfit.Takes);

    /// <summary>Notes the fault at the token just read; false, so that the callers return it and add where they are.</summary>
    private bool Fail(string code, string message, string field = "")
    {
        var (line, position) = Place(json.TokenStartIndex);
        fault = new JsonFault(code, field, string.Create(CultureInfo.InvariantCulture, $"{message} (line {line}, byte {position})")) { What = message };
        return false;
    }

    private bool Inside(string outer)
    {
        var inner = fault!.Field;
        fault = fault with { Field = inner.Length == 0 || inner[0] == '[' ? outer + inner : outer + "." + inner };
        return false;
    }

    private readonly JsonFault Malformed(JsonException malformed)
    {
        // A token that opens something does not count itself.
        if (json.CurrentDepth + (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0) >= MaxDepth)
            return new JsonFault("request.too_deep", "", $"The JSON is nested more than {MaxDepth} levels deep. Send it flatter.");

        // The reader's sentence ends with its own way to give the position, and with advice about its settings.
        var what = malformed.Message;
        foreach (var end in new[] { " Change the reader options", " LineNumber:" })
        {
            var cut = what.IndexOf(end, StringComparison.Ordinal);
            what = cut < 0 ? what : what[..cut];
        }

        return new JsonFault(
            "request.malformed_json",
            "",
            string.Create(CultureInfo.InvariantCulture, $"The body is not valid JSON at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}: {what}"));
    }

    private readonly (int Line, long Byte) Place(long offset)
    {
        var (line, start, position) = (1, 0L, 0L);
        foreach (var memory in body.Slice(0, offset))
        {
            foreach (var letter in memory.Span)
            {
                position++;
                if (letter == (byte)'\n')
                    (line, start) = (line + 1, position);
            }
        }

        return (line, offset - start + 1);
    }

    private readonly string Given() => json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        _ => "null",
    };

    private static bool IsValue(FieldDescriptor field) => field.FieldType == FieldType.Message && field.MessageType.FullName == "google.protobuf.Value";

    private static string Index(int position) => string.Create(CultureInfo.InvariantCulture, $"[{position}]");

    /// <summary>A name that came from outside, short enough for an answer.</summary>
    private static string Printable(string name) => name.Length <= 64 ? name : string.Concat(name.AsSpan(0, 61), "...");
}
