using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Relais.Common.Security;
using Relais.Gateway.JsonFace;
using Relais.Gateway.OAuth;
using Relais.Gateway.Problems;

namespace Relais.Gateway.OpenApi;

/// <summary>The JSON face in OpenAPI 3.1, from the same descriptors that route it.</summary>
internal static class OpenApiDocument
{
    public static JsonObject Build(IEnumerable<ApiMethod> methods)
    {
        var comments = ProtoComments.Read();
        var schemas = new Schemas(comments);
        var operations = new Operations(comments, schemas);
        var paths = new JsonObject();
        var tags = new JsonArray();
        foreach (var service in methods.Where(method => method.Bindings.Count > 0).GroupBy(method => method.Descriptor.Service))
        {
            var tag = new JsonObject { ["name"] = service.Key.Name };
            Schemas.Describe(tag, comments.Of(service.Key));
            tags.Add(tag);
            foreach (var method in service)
            {
                for (var number = 0; number < method.Bindings.Count; number++)
                {
                    var binding = method.Bindings[number];
                    Item(paths, Operations.PathOf(binding))[Verb(binding.HttpMethod)] = operations.Describe(binding, number);
                }
            }
        }

        Item(paths, TokenEndpoint.Path)["post"] = TokenOperation();
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Relais",
                ["version"] = "v1",
                ["description"] =
                    "Customer service on every channel. A call that changes something takes a `requestId`: repeated with the same one, it "
                    + "gives the same answer and has one effect. Failures are problem+json with a stable `code`. Lists go on with "
                    + "`pageToken`. What has an `etag` can be changed with `If-Match`, so that nobody overwrites what they have not seen.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = tags,
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = WithProblem(schemas.Components()),
                ["responses"] = new JsonObject { ["Problem"] = ProblemResponse() },
                ["parameters"] = new JsonObject { ["Tenant"] = TenantParameter(), ["IfMatch"] = IfMatchParameter() },
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["bearerFormat"] = "JWT",
                        ["description"] = "The accessToken of `POST /v1/sessions` (staff) or `POST /v1/conversations` (a customer, for that conversation alone).",
                    },
                    ["clientCredentials"] = new JsonObject
                    {
                        ["type"] = "oauth2",
                        ["description"] = "Machine sign-in; the scopes are permissions.",
                        ["flows"] = new JsonObject
                        {
                            ["clientCredentials"] = new JsonObject { ["tokenUrl"] = TokenEndpoint.Path, ["scopes"] = Scopes(methods) },
                        },
                    },
                },
            },
        };
    }

    private static JsonObject Item(JsonObject paths, string path)
    {
        if (paths[path] is not JsonObject item)
            paths[path] = item = [];
        return item;
    }

#pragma warning disable CA1308 // OpenAPI names HTTP methods in lower case.
    private static string Verb(string httpMethod) => httpMethod.ToLowerInvariant();
#pragma warning restore CA1308

    private static JsonObject Scopes(IEnumerable<ApiMethod> methods)
    {
        var scopes = new JsonObject();
        foreach (var group in methods.Where(method => Roles.Scopes.Contains(method.Permission)).GroupBy(method => method.Permission).OrderBy(group => group.Key, StringComparer.Ordinal))
            scopes[group.Key] = string.Join(", ", group.Select(method => method.Descriptor.Name));
        return scopes;
    }

    private static JsonObject WithProblem(JsonObject schemas)
    {
        schemas["Problem"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "Why there is no other answer (RFC 9457).",
            ["required"] = new JsonArray("type", "title", "status", "detail", "code", "errors", "traceId"),
            ["properties"] = new JsonObject
            {
                ["type"] = Text("The code as a URI."),
                ["title"] = Text("The HTTP status in words."),
                ["status"] = new JsonObject { ["type"] = "integer", ["description"] = "The HTTP status." },
                ["detail"] = Text("A sentence for people that says what to do."),
                ["code"] = Text("Stable, for programs, such as `ticket.already_resolved`."),
                ["errors"] = new JsonObject
                {
                    ["type"] = "array",
                    ["description"] = "The fields of the request that are to blame.",
                    ["items"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["required"] = new JsonArray("field", "message"),
                        ["properties"] = new JsonObject { ["field"] = Text("As in the request, such as `skills[2].level`."), ["message"] = Text("What is wrong with it.") },
                    },
                },
                ["traceId"] = Text("Names this request in logs and traces."),
            },
        };
        return schemas;
    }

    private static JsonObject ProblemResponse() => new()
    {
        ["description"] = "The call failed; `code` says why.",
        ["content"] = new JsonObject { [Problem.MediaType] = new JsonObject { ["schema"] = Schemas.Reference("schemas", "Problem") } },
    };

    private static JsonObject TenantParameter() => new()
    {
        ["name"] = "Relais-Tenant",
        ["in"] = "header",
        ["description"] = "The tenant of a call without a token, where the host name does not say it and there are several.",
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject IfMatchParameter() => new()
    {
        ["name"] = "If-Match",
        ["in"] = "header",
        ["description"] = "The ETag that you read; a newer state is answered with 412. The same as `etag` in the body.",
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static JsonObject TokenOperation() => new()
    {
        ["operationId"] = "issueToken",
        ["tags"] = new JsonArray("Identity"),
        ["summary"] = "Machine sign-in (RFC 6749, 4.4).",
        ["description"] = "The credentials go into the body or into HTTP Basic. Errors are those of RFC 6749, 5.2.",
        ["security"] = new JsonArray(),
        ["requestBody"] = new JsonObject
        {
            ["required"] = true,
            ["content"] = new JsonObject
            {
                ["application/x-www-form-urlencoded"] = new JsonObject
                {
                    ["schema"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["required"] = new JsonArray("grant_type"),
                        ["properties"] = new JsonObject
                        {
                            ["grant_type"] = new JsonObject { ["const"] = "client_credentials" },
                            ["client_id"] = Text("The client."),
                            ["client_secret"] = Text("Shown once, when the client was registered."),
                            ["scope"] = Text("Permissions separated by spaces; all that the client has when absent."),
                        },
                    },
                },
            },
        },
        ["responses"] = new JsonObject
        {
            ["200"] = Json("The token.", new JsonObject
            {
                ["access_token"] = Text("Send it as `Authorization: Bearer TOKEN`."),
                ["token_type"] = new JsonObject { ["const"] = "Bearer" },
                ["expires_in"] = new JsonObject { ["type"] = "integer", ["description"] = "Seconds." },
                ["scope"] = Text("What the token allows."),
            }),
            ["default"] = Json("No token.", new JsonObject { ["error"] = Text("A code of RFC 6749."), ["error_description"] = Text("What to do.") }),
        },
    };

    private static JsonObject Json(string description, JsonObject properties) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject
        {
            ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object", ["properties"] = properties } },
        },
    };

    private static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };
}
