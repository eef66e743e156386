using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Security;
using Relais.Contract.Wire;
using Relais.Gateway;
using Relais.Gateway.JsonFace;
using Relais.Gateway.OpenApi;

namespace Relais.Contract.Gateway;

public sealed partial class OpenApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly JsonObject Document = OpenApiDocument.Build(ApiMethod.All);

    [Fact]
    public async Task The_description_is_served_once_and_then_not_modified()
    {
        using var response = await gateway.Http.SendAsync("GET", "/openapi/v1.json");
        Assert.Equal("3.1.0", (string?)(await response.JsonAsync())["openapi"]);
        using var again = await gateway.Http.SendAsync("GET", "/openapi/v1.json", headers: [("If-None-Match", response.Header("ETag"))]);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public void Every_reference_resolves_and_every_component_is_used()
    {
        var references = Values(Document).Where(entry => entry.Name == "$ref").Select(entry => (string)entry.Value!).ToHashSet();
        foreach (var reference in references)
        {
            var node = reference.Split('/')[1..].Aggregate((JsonNode?)Document, (at, part) => at?[part]);
            Assert.True(node is not null, $"{reference} leads nowhere.");
        }

        foreach (var section in new[] { "schemas", "responses", "parameters" })
        {
            foreach (var (name, _) in Document["components"]![section]!.AsObject())
                Assert.True(references.Contains($"#/components/{section}/{name}"), $"{section}/{name} is not used.");
        }
    }

    [Fact]
    public void Every_operation_is_whole()
    {
        var ids = new HashSet<string>();
        var tags = Document["tags"]!.AsArray().Select(tag => (string?)tag!["name"]).ToHashSet();
        foreach (var (path, method, operation) in Operations())
        {
            var where = $"{method} {path}";
            Assert.True(ids.Add((string)operation["operationId"]!), $"{where} has an operationId that another has.");
            Assert.True(operation["tags"]!.AsArray().All(tag => tags.Contains((string?)tag)), $"{where} has an undeclared tag.");
            Assert.False(string.IsNullOrWhiteSpace((string?)operation["summary"]), $"{where} has no summary.");
            Assert.NotNull(operation["responses"]!["200"]!["content"]);
            Assert.NotNull(operation["responses"]!["default"]);

            var parameters = (operation["parameters"]?.AsArray() ?? []).Where(parameter => parameter!["$ref"] is null).ToList();
            Assert.Equal(parameters.Count, parameters.Select(parameter => $"{parameter!["in"]} {parameter["name"]}").Distinct().Count());
            var declared = parameters.Where(parameter => (string?)parameter!["in"] == "path").ToList();
            Assert.All(declared, parameter => Assert.True((bool)parameter!["required"]!));
            Assert.Equal(Variable().Matches(path).Select(match => match.Groups[1].Value).Order(), declared.Select(parameter => (string?)parameter!["name"]).Order());
            Assert.All(parameters, parameter => Assert.NotNull(parameter!["schema"]));
            Assert.Equal(method is "post" or "put" or "patch", operation["requestBody"] is not null);
        }
    }

    [Fact]
    public void Every_operation_is_a_route_and_every_binding_an_operation()
    {
        var face = gateway.Gateway.Services.GetRequiredService<PublicFace>();
        var operations = Operations().Select(operation => (operation.Path, operation.Method)).ToHashSet();
        foreach (var (path, method) in operations)
            Assert.True(face.Serves(method.ToUpperInvariant(), Variable().Replace(path, "x")), $"{method} {path} is described, but not served.");
        foreach (var binding in ApiMethod.All.SelectMany(method => method.Bindings))
            Assert.Contains((Relais.Gateway.OpenApi.Operations.PathOf(binding), binding.HttpMethod.ToLowerInvariant()), operations);
    }

    [Fact]
    public void Permissions_and_comments_are_told()
    {
        var reply = Document["paths"]!["/v1/tickets/{ticketId}/replies"]!["post"]!;
        Assert.Equal("tickets.reply", (string?)reply["x-relais-permission"]);
        Assert.Equal("Answers the customer in the channel they used.", (string?)reply["summary"]);
        Assert.Contains("`tickets.reply`", (string?)reply["description"], StringComparison.Ordinal);
        Assert.Equal(["bearer"], reply["security"]!.AsArray().SelectMany(way => way!.AsObject()).Select(way => way.Key));
        Assert.Equal("tickets.read", (string?)Document["paths"]!["/v1/tickets/{id}"]!["get"]!["security"]![1]!["clientCredentials"]![0]);
        Assert.Empty(Document["paths"]!["/v1/sessions"]!["post"]!["security"]!.AsArray());
        var body = Document["components"]!["schemas"]!["tickets.CreateReplyRequest"]!["properties"]!.AsObject();
        Assert.Equal(["requestId", "text"], body.Select(property => property.Key));
        Assert.Equal("What people see: `T-1042`.", (string?)Document["components"]!["schemas"]!["tickets.Ticket"]!["properties"]!["number"]!["description"]);
    }

    [Fact]
    public void Scopes_are_those_that_a_client_can_be_given()
    {
        var listed = Operations().SelectMany(operation => Values(operation.Operation["security"])).Where(value => value.Name == "clientCredentials")
            .Select(value => (string?)value.Value![0]).ToHashSet();
        Assert.Contains("queues.read", listed);
        Assert.Subset(Roles.Scopes.Cast<string?>().ToHashSet(), listed);
        Assert.Equal(listed.Order(), Document["components"]!["securitySchemes"]!["clientCredentials"]!["flows"]!["clientCredentials"]!["scopes"]!.AsObject().Select(scope => scope.Key));
    }

    /// <summary>Partners rely on these: a line may come, none may change or go.</summary>
    [Fact]
    public void Operations_are_those_of_the_golden_file()
    {
        var lines = Operations().Select(operation =>
            $"{operation.Method.ToUpperInvariant()} {operation.Path} {operation.Operation["operationId"]} {operation.Operation["x-relais-permission"] ?? "public"}");
        var current = string.Join('\n', lines.Order(StringComparer.Ordinal)) + "\n";
        Assert.Equal(Golden.Read("operations.txt", current), current);
    }

    [Theory]
    [InlineData("/docs/index.html", "text/html")]
    [InlineData("/docs/swagger-ui-bundle.js", "text/javascript")]
    public async Task The_page_is_served_with_a_policy_that_lets_it_work(string path, string type)
    {
        using var response = await gateway.Http.SendAsync("GET", path);
        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains("script-src 'self'", response.Header("Content-Security-Policy"), StringComparison.Ordinal);
        using var entry = await gateway.Http.SendAsync("GET", "/docs");
        Assert.Equal(HttpStatusCode.OK, entry.StatusCode);
        Assert.Equal("/docs/index.html", entry.RequestMessage?.RequestUri?.AbsolutePath);
    }

    private static IEnumerable<(string Path, string Method, JsonObject Operation)> Operations() =>
        from path in Document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        select (path.Key, operation.Key, operation.Value!.AsObject());

    private static IEnumerable<(string Name, JsonNode? Value)> Values(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => Values(field.Value).Prepend((field.Key, field.Value))),
        JsonArray items => items.SelectMany(Values),
        _ => [],
    };

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Variable();
}
