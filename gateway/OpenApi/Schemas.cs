using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Relais.Gateway.JsonFace;

namespace Relais.Gateway.OpenApi;

/// <summary>JSON Schemas of the contracts' messages and enums, collected as operations mention them.</summary>
internal sealed class Schemas(ProtoComments comments)
{
    private readonly SortedDictionary<string, JsonObject> byName = new(StringComparer.Ordinal);

    /// <summary>The name of a message or enum without the parts that all share: <c>tickets.Ticket.State</c>.</summary>
    public static string NameOf(IDescriptor descriptor) =>
        descriptor.FullName.Replace("relais.", "", StringComparison.Ordinal).Replace(".v1.", ".", StringComparison.Ordinal);

    /// <summary>Every schema mentioned so far.</summary>
    public JsonObject Components()
    {
        var all = new JsonObject();
        foreach (var (name, schema) in byName)
            all[name] = schema.DeepClone();
        return all;
    }

    /// <summary>A reference to a message's schema.</summary>
    /// <param name="without">Fields that this face gives elsewhere, such as in the path.</param>
    public JsonObject Message(MessageDescriptor message, IReadOnlyCollection<FieldDescriptor>? without = null)
    {
        var name = NameOf(message);
        if (!byName.ContainsKey(name))
        {
            // Before its fields, because a message may hold itself.
            var schema = byName[name] = new JsonObject { ["type"] = "object" };
            Describe(schema, comments.Of(message));
            var properties = new JsonObject();
            foreach (var field in message.Fields.InFieldNumberOrder())
            {
                if (without is null || !without.Contains(field))
                    properties[field.JsonName] = Field(field);
            }

            if (properties.Count > 0)
                schema["properties"] = properties;
        }

        return Reference("schemas", name);
    }

    public JsonObject Field(FieldDescriptor field)
    {
        // A map's entries are a message in the descriptor only; as JSON it is an object.
        var schema = field.IsMap
            ? new JsonObject { ["type"] = "object", ["additionalProperties"] = Single(field.MessageType.FindFieldByNumber(2)) }
            : Single(field);
        if (field is { IsMap: false, IsRepeated: true })
            schema = new JsonObject { ["type"] = "array", ["items"] = schema };
        Describe(schema, comments.Of(field));
        return schema;
    }

    public static JsonObject Reference(string section, string name) => new() { ["$ref"] = $"#/components/{section}/{name}" };

    public static void Describe(JsonObject schema, string text)
    {
        if (text.Length > 0)
            schema["description"] = text;
    }

    private JsonObject Single(FieldDescriptor field)
    {
        if (field.Wrapped() is { } scalar)
        {
            var nullable = Single(scalar);
            nullable["type"] = new JsonArray(nullable["type"]!.DeepClone(), "null");
            return nullable;
        }

        return field.FieldType switch
        {
            FieldType.Bool => Type("boolean"),
            FieldType.String => Type("string"),
            FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
            FieldType.Double => Type("number", "double"),
            FieldType.Float => Type("number", "float"),
            FieldType.Enum => Enum(field.EnumType),
            FieldType.Message => WellKnown(field.MessageType) ?? Message(field.MessageType),
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => Type("integer", "int32"),
            FieldType.UInt32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
            // JSON's readers hold numbers in doubles, so the mapping writes 64 bits as text.
            FieldType.UInt64 or FieldType.Fixed64 => Type("string", "uint64"),
            _ => Type("string", "int64"),
        };
    }

    private JsonObject Enum(EnumDescriptor type)
    {
        var name = NameOf(type);
        if (!byName.ContainsKey(name))
        {
            var schema = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. type.Values.Select(value => JsonValue.Create(value.Name))]) };
            var said = type.Values.Select(value => (value.Name, Text: comments.Of(value))).Where(value => value.Text.Length > 0);
            Describe(schema, string.Join("\n\n", said.Select(value => $"`{value.Name}`: {value.Text}").Prepend(comments.Of(type)).Where(text => text.Length > 0)));
            byName[name] = schema;
        }

        return Reference("schemas", name);
    }

    private static JsonObject? WellKnown(MessageDescriptor message) => message.FullName switch
    {
        "google.protobuf.Timestamp" => Type("string", "date-time"),
        "google.protobuf.Duration" => new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("1.5s") },
        "google.protobuf.FieldMask" => new JsonObject { ["type"] = "string", ["examples"] = new JsonArray("title,exampleQuestions") },
        "google.protobuf.Struct" => Type("object"),
        "google.protobuf.ListValue" => Type("array"),
        "google.protobuf.Value" => [],
        _ => null,
    };

    private static JsonObject Type(string type, string? format = null)
    {
        var schema = new JsonObject { ["type"] = type };
        if (format is not null)
            schema["format"] = format;
        return schema;
    }
}
