using Relais.Gateway.JsonFace;

namespace Relais.Unit.Gateway;

public sealed class RouteTableTests
{
    private static readonly RouteTable<string> Table = Build(
        "GET /v1/articles", "POST /v1/articles", "POST /v1/articles:import", "GET /v1/articles/{id}", "PATCH /v1/articles/{id}",
        "POST /v1/articles/{id}:publish", "GET /v1/articles/{id}/versions", "GET /v1/staff/{id}", "POST /v1/staff/me:enrolTotp",
        "PUT /v1/experts/{id}/presence", "POST /v1/offers/{id}:accept", "GET /.well-known/jwks.json");

    [Theory]
    [InlineData("GET", "/v1/articles", "GET /v1/articles", "")]
    [InlineData("POST", "/v1/articles:import", "POST /v1/articles:import", "")]
    [InlineData("GET", "/v1/articles/7", "GET /v1/articles/{id}", "7")]
    [InlineData("HEAD", "/v1/articles/7", "GET /v1/articles/{id}", "7")]
    [InlineData("POST", "/v1/articles/7:publish", "POST /v1/articles/{id}:publish", "7")]
    [InlineData("GET", "/v1/articles/a:b/versions", "GET /v1/articles/{id}/versions", "a:b")]
    [InlineData("GET", "/v1/staff/me", "GET /v1/staff/{id}", "me")]
    [InlineData("POST", "/v1/staff/me:enrolTotp", "POST /v1/staff/me:enrolTotp", "")]
    [InlineData("PUT", "/v1/experts/me/presence", "PUT /v1/experts/{id}/presence", "me")]
    [InlineData("POST", "/v1/offers/été:accept", "POST /v1/offers/{id}:accept", "été")]
    [InlineData("GET", "/.well-known/jwks.json", "GET /.well-known/jwks.json", "")]
    public void Find_a_path_of_the_table_gives_its_route_and_values(string method, string path, string route, string values)
    {
        var match = Table.Find(method, path);
        Assert.Equal(route, match.Target);
        Assert.Equal(values, string.Join(',', match.Values));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/v1")]
    [InlineData("/v1/articles/")]
    [InlineData("/v1/articles/7/")]
    [InlineData("/v1//7")]
    [InlineData("/V1/articles")]
    [InlineData("/v1/articles/7:unknown")]
    [InlineData("/v1/articles/7:")]
    [InlineData("/v1/articles/:publish")]
    [InlineData("/v1/articles:publish")]
    [InlineData("/v1/articles/7:publish:publish/x")]
    [InlineData("/v1/staff/you:enrolTotp")]
    [InlineData("/v1/offers/7")]
    public void Find_a_path_that_is_not_there_gives_nothing_and_no_methods(string path)
    {
        var match = Table.Find("POST", path);
        Assert.Null(match.Target);
        Assert.Empty(match.Allowed);
    }

    [Theory]
    [InlineData("DELETE", "/v1/articles", "GET,POST")]
    [InlineData("GET", "/v1/articles:import", "POST")]
    [InlineData("POST", "/v1/staff/me", "GET")]
    [InlineData("GET", "/v1/staff/me:enrolTotp", "POST")]
    [InlineData("HEAD", "/v1/offers/7:accept", "POST")]
    public void Find_another_method_gives_those_that_the_path_has(string method, string path, string allowed)
    {
        var match = Table.Find(method, path);
        Assert.Null(match.Target);
        Assert.Equal(allowed, string.Join(',', match.Allowed));
    }

    [Fact]
    public void A_colon_in_the_last_segment_begins_a_verb_even_when_the_id_has_one()
    {
        Assert.Equal("a:b", Table.Find("POST", "/v1/offers/a:b:accept").Values[0]);
        Assert.Null(Table.Find("GET", "/v1/articles/a:b").Target);
    }

    [Fact]
    public void Add_a_second_route_for_the_same_path_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => Build("GET /v1/a/{id}", "GET /v1/a/{other}"));

    [Theory]
    [InlineData("v1/a")]
    [InlineData("/v1/")]
    [InlineData("/v1/{a=b/*}")]
    [InlineData("/v1/**")]
    [InlineData("/v1/{a}{b}")]
    public void Parse_a_template_that_this_face_cannot_serve_is_refused(string template) =>
        Assert.Throws<FormatException>(() => PathTemplate.Parse(template));

    [Fact]
    public void Every_binding_of_the_contracts_has_its_own_route()
    {
        var table = new RouteTable<HttpBinding>();
        foreach (var binding in ApiMethod.All.SelectMany(method => method.Bindings))
            table.Add(binding.HttpMethod, binding.Path, binding);
        Assert.Equal(
            "/relais.channels.v1.Conversations/RequestExpert", table.Find("POST", "/v1/conversations/7:requestExpert").Target?.Method.FullName);
    }

    private static RouteTable<string> Build(params string[] routes)
    {
        var table = new RouteTable<string>();
        foreach (var route in routes)
            table.Add(route.Split(' ')[0], PathTemplate.Parse(route.Split(' ')[1]), route);
        return table;
    }
}
