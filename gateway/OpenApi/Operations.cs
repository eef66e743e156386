using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Relais.Common.Security;
using Relais.Contracts;
using Relais.Gateway.JsonFace;

namespace Relais.Gateway.OpenApi;

/// <summary>One binding of a method as an OpenAPI operation.</summary>
internal sealed class Operations(ProtoComments comments, Schemas schemas)
{
    /// <summary>The path with its variables under their JSON names.</summary>
    public static string PathOf(HttpBinding binding)
    {
        var path = binding.Path.Text;
        foreach (var field in binding.PathFields)
            path = path.Replace($"{{{field.Name}}}", $"{{{field.JsonName}}}", StringComparison.Ordinal);
        return path;
    }

    /// <param name="number">0 for the method's own binding, from 1 for additional ones.</param>
    public JsonObject Describe(HttpBinding binding, int number)
    {
        var method = binding.Method;
        var said = comments.Of(method.Descriptor);
        var operation = new JsonObject
        {
            ["operationId"] = OperationId(method.Descriptor, number),
            ["tags"] = new JsonArray(method.Descriptor.Service.Name),
            ["summary"] = Summary(method.Descriptor, said),
            ["description"] = Description(binding, said),
            ["x-relais-permission"] = method.Permission,
        };

        var parameters = Parameters(binding);
        if (parameters.Count > 0)
            operation["parameters"] = parameters;
        if (binding.TakesBody)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = Content(schemas.Message(method.Descriptor.InputType, binding.PathFields)),
            };
        }

        operation["responses"] = new JsonObject
        {
            ["200"] = Answer(method),
            ["default"] = Schemas.Reference("responses", "Problem"),
        };
        operation["security"] = method.IsPublic
            ? []
            : Roles.Scopes.Contains(method.Permission)
            ? [new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["clientCredentials"] = new JsonArray(method.Permission) }]
            : new JsonArray(new JsonObject { ["bearer"] = new JsonArray() });
        return operation;
    }

    private static string OperationId(MethodDescriptor method, int number)
    {
        var name = char.ToLowerInvariant(method.Name[0]) + method.Name[1..];
        return number == 0 ? name : name + (number + 1).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The comment's first sentence, or the method's name in words.</summary>
    private static string Summary(MethodDescriptor method, string said)
    {
        if (said.Length == 0)
        {
            var words = string.Concat(method.Name.Select((letter, at) => at > 0 && char.IsAsciiLetterUpper(letter) ? " " + char.ToLowerInvariant(letter) : letter.ToString()));
            return words + ".";
        }

        var end = said.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? said : said[..(end + 1)];
    }

    private static string Description(HttpBinding binding, string said)
    {
        var method = binding.Method;
        var parts = new List<string>();
        if (said.Length > 0)
            parts.Add(said);
        if (binding.HttpMethod == "PATCH" && method.UpdateMask is not null)
            parts.Add("Without `updateMask`, the fields that the body gives are changed and no others.");
        parts.Add(method.Permission == ContractCatalogue.PublicPermission ? "Anybody may call it." : $"Needs the permission `{method.Permission}`.");
        return string.Join("\n\n", parts);
    }

    private JsonArray Parameters(HttpBinding binding)
    {
        var parameters = new JsonArray();
        foreach (var field in binding.PathFields)
        {
            var parameter = new JsonObject { ["name"] = field.JsonName, ["in"] = "path", ["required"] = true, ["schema"] = Plain(schemas.Field(field)) };
            Schemas.Describe(parameter, comments.Of(field));
            parameters.Add(parameter);
        }

        foreach (var (name, field) in QueryBinding.Parameters(binding.Method.Descriptor.InputType, binding.NotInQuery))
        {
            var schema = Plain(schemas.Field(field));
            if (field == binding.Method.WaitSeconds)
                (schema["minimum"], schema["maximum"]) = (0, Common.Coordination.LongPoll.LongestSeconds);
            var parameter = new JsonObject { ["name"] = name, ["in"] = "query", ["schema"] = schema };
            Schemas.Describe(parameter, comments.Of(field));
            parameters.Add(parameter);
        }

        if (binding.TakesBody && binding.Method.Etag is not null)
            parameters.Add((JsonNode)Schemas.Reference("parameters", "IfMatch"));
        if (binding.Method.IsPublic)
            parameters.Add((JsonNode)Schemas.Reference("parameters", "Tenant"));
        return parameters;
    }

    private JsonObject Answer(ApiMethod method)
    {
        var answer = new JsonObject { ["description"] = "Done." };
        if (method.ResponseEtag is not null)
        {
            answer["headers"] = new JsonObject
            {
                ["ETag"] = new JsonObject { ["description"] = "The state that was read.", ["schema"] = new JsonObject { ["type"] = "string" } },
            };
        }

        answer["content"] = Content(schemas.Message(method.Descriptor.OutputType));
        return answer;
    }

    private static JsonObject Content(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    /// <summary>A parameter says itself what it is for.</summary>
    private static JsonObject Plain(JsonObject schema)
    {
        schema.Remove("description");
        return schema;
    }
}
