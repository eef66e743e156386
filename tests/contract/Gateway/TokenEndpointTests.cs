using System.Net.Http.Headers;
using System.Text;

namespace Relais.Contract.Gateway;

public sealed class TokenEndpointTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Form = "application/x-www-form-urlencoded";

    [Fact]
    public async Task Credentials_in_the_body_give_a_token()
    {
        using var response = await PostAsync("grant_type=client_credentials&client_id=partner&client_secret=s%3Ae%25c+r%2Bt&scope=tickets.read+articles.read");
        var answer = await response.JsonAsync();
        Assert.Equal(("token of partner", "Bearer", 600, "tickets.read articles.read"), (
            (string?)answer["access_token"], (string?)answer["token_type"], (int)answer["expires_in"]!, (string?)answer["scope"]));
        Assert.Equal(("no-store", "no-cache"), (response.Header("Cache-Control"), response.Header("Pragma")));
    }

    [Fact]
    public async Task Credentials_in_HTTP_Basic_give_a_token()
    {
        using var response = await PostAsync("grant_type=client_credentials", Basic("partner:s%3Ae%25c+r%2Bt"));
        Assert.Equal("token of partner", (string?)(await response.JsonAsync())["access_token"]);
    }

    [Theory]
    [InlineData("grant_type=password&client_id=a&client_secret=b", 400, "unsupported_grant_type")]
    [InlineData("client_id=a&client_secret=b", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request")]
    [InlineData("grant_type=client_credentials", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=a", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=a&client_secret=wrong", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=service:tickets&client_secret=s%3Ae%25c+r%2Bt", 401, "invalid_client")]
    [InlineData("grant_type=client_credentials&client_id=a&client_secret=s%3Ae%25c+r%2Bt&scope=everything", 400, "invalid_scope")]
    [InlineData("grant_type=client_credentials&client_id=a%00&client_secret=b", 400, "invalid_request")]
    public async Task A_wrong_request_has_its_error(string body, int status, string error)
    {
        using var response = await PostAsync(body);
        var answer = await response.JsonAsync(status);
        Assert.Equal(error, (string?)answer["error"]);
        Assert.False(string.IsNullOrEmpty((string?)answer["error_description"]));
        Assert.Equal(status == 401, response.Header("WWW-Authenticate").StartsWith("Basic", StringComparison.Ordinal));
        Assert.Equal("no-store", response.Header("Cache-Control"));
    }

    [Fact]
    public async Task Credentials_given_twice_or_not_at_all_are_refused()
    {
        using var twice = await PostAsync("grant_type=client_credentials&client_secret=b", Basic("a:b"));
        Assert.Equal("invalid_request", (string?)(await twice.JsonAsync(400))["error"]);
        using var bearer = await PostAsync("grant_type=client_credentials", new AuthenticationHeaderValue("Bearer", "x"));
        Assert.Equal("invalid_client", (string?)(await bearer.JsonAsync(401))["error"]);
        using var garbage = await PostAsync("grant_type=client_credentials", new AuthenticationHeaderValue("Basic", "%%%"));
        Assert.Equal("invalid_client", (string?)(await garbage.JsonAsync(401))["error"]);
    }

    [Fact]
    public async Task Another_content_type_is_an_invalid_request()
    {
        using var response = await gateway.Http.SendAsync("POST", "/oauth2/token", """{"grant_type":"client_credentials"}""");
        Assert.Equal("invalid_request", (string?)(await response.JsonAsync(400))["error"]);
        using var large = await PostAsync("grant_type=" + new string('x', 100_000));
        Assert.Equal(413, (int)large.StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(string body, AuthenticationHeaderValue? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth2/token") { Content = new StringContent(body, Encoding.ASCII, Form) };
        request.Headers.Authorization = authorization;
        return await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static AuthenticationHeaderValue Basic(string text) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
}
