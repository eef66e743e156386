using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.WebUtilities;
using Relais.Gateway.Problems;

namespace Relais.Gateway.JsonFace;

/// <summary>
/// Fills a request from a query: fields by their JSON or proto names, fields of inner messages after dots, a repeated
/// field by repeating its parameter.
/// </summary>
internal static class QueryBinding
{
    /// <param name="bound">Fields that the path or the body fills; the query cannot.</param>
    public static Problem? Bind(IMessage message, string? query, IReadOnlyList<FieldDescriptor> bound)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var name = pair.DecodeName().ToString();
            var value = pair.DecodeValue().ToString();
            if (Find(message, name, bound) is not (var owner, var field))
                return Unknown(message.Descriptor, name, bound);
            // A name without a value asks for nothing, except where the empty text is a value.
            if (value.Length == 0 && field.FieldType != FieldType.String)
                continue;
            // A plus sign stands for a space in a query, and for itself in a time with an offset.
            if (field.FieldType == FieldType.Message && field.MessageType.FullName == "google.protobuf.Timestamp")
                value = value.Replace(' ', '+');

            if (FieldText.Read(field, value, out var read) is { } misfit)
                return Problem.Bad(misfit.Code, $"The query parameter '{field.JsonName}' {misfit.Takes}.", Path(name, field), misfit.Takes);
            if (field.IsRepeated)
                ((IList)field.Accessor.GetValue(owner)).Add(read);
            else if (seen.Add(Path(name, field)))
                field.Accessor.SetValue(owner, read);
            else
                return Problem.Bad("request.duplicate_parameter", $"The query parameter '{field.JsonName}' is given twice. Give it once.", Path(name, field), "is given twice");
        }

        return null;
    }

    /// <summary>The parameters that a query of this request can have, with the field that each fills.</summary>
    public static IEnumerable<(string Name, FieldDescriptor Field)> Parameters(MessageDescriptor message, IReadOnlyList<FieldDescriptor> bound, string prefix = "")
    {
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            if (prefix.Length == 0 && bound.Contains(field))
                continue;
            if (IsLeaf(field))
                yield return (prefix + field.JsonName, field);
            else if (IsInner(field) && prefix.Length == 0)
            {
                foreach (var inner in Parameters(field.MessageType, bound, field.JsonName + "."))
                    yield return inner;
            }
        }
    }

    private static (IMessage Owner, FieldDescriptor Field)? Find(IMessage message, string name, IReadOnlyList<FieldDescriptor> bound)
    {
        var parts = name.Split('.');
        for (var depth = 0; depth < parts.Length; depth++)
        {
            if (MessageShape.Of(message.Descriptor).Field(parts[depth]) is not { } field || (depth == 0 && bound.Contains(field)))
                return null;
            if (depth == parts.Length - 1)
                return IsLeaf(field) ? (message, field) : null;
            if (!IsInner(field))
                return null;

            if (!field.Accessor.HasValue(message))
                field.Accessor.SetValue(message, MessageShape.NewMessage(field.MessageType));
            message = (IMessage)field.Accessor.GetValue(message);
        }

        return null;
    }

    private static bool IsLeaf(FieldDescriptor field) =>
        !field.IsMap && (field.FieldType != FieldType.Message || field.Wrapped() is not null || field.MessageType.IsTextual());

    private static bool IsInner(FieldDescriptor field) =>
        field is { IsRepeated: false, FieldType: FieldType.Message }
        && !field.MessageType.FullName.StartsWith("google.protobuf.", StringComparison.Ordinal);

    private static string Path(string name, FieldDescriptor field) => string.Concat(name.AsSpan(0, name.LastIndexOf('.') + 1), field.JsonName);

    private static Problem Unknown(MessageDescriptor message, string name, IReadOnlyList<FieldDescriptor> bound)
    {
        var known = string.Join(", ", Parameters(message, bound).Select(parameter => parameter.Name));
        var shown = name.Length <= 64 ? name : string.Concat(name.AsSpan(0, 61), "...");
        return Problem.Bad(
            "request.unknown_parameter",
            known.Length == 0 ? $"The query parameter '{shown}' is not known: this call takes none." : $"The query parameter '{shown}' is not known. Known are {known}.",
            shown,
            "is not known");
    }
}
