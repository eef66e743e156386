using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Messaging;

namespace Relais.Contract.Gateway;

public sealed class JsonFaceTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private HttpClient Http => gateway.Http;

    [Fact]
    public async Task A_call_reaches_its_service_with_path_body_and_headers()
    {
        using var response = await Http.SendAsync(
            "POST", "/v1/conversations", """{"channel":"web_chat","locale":"fr","customer":{"displayName":"Zoé"}}""", headers: [("Relais-Tenant", "acme"), ("Host", "Help.Example.org:8443")]);
        var answer = await response.JsonAsync();
        Assert.Equal(("web_chat", "Zoé"), ((string?)answer["conversation"]!["channel"], (string?)answer["conversation"]!["customerName"]));
        Assert.Equal("acme|help.example.org", (string?)answer["accessToken"]);
        Assert.Equal(0, (int)answer["conversation"]!["lastSequence"]!);
        Assert.Equal(("application/json", "no-store", "nosniff", "no-referrer"), (
            response.Header("Content-Type"), response.Header("Cache-Control"), response.Header("X-Content-Type-Options"), response.Header("Referrer-Policy")));
    }

    [Fact]
    public async Task A_read_gives_the_token_on_and_shows_the_etag()
    {
        using var response = await Http.SendAsync("GET", "/v1/conversations/c-7", headers: [("Authorization", "Bearer abc.def")]);
        var answer = await response.JsonAsync();
        Assert.Equal(("c-7", "Bearer abc.def", "WITH_EXPERT", "2026-03-01T10:00:00Z"), (
            (string?)answer["id"], (string?)answer["customerName"], (string?)answer["state"], (string?)answer["createdAt"]));
        Assert.Equal("\"3\"", response.Header("ETag"));

        using var head = await Http.SendAsync("HEAD", "/v1/conversations/c-7");
        Assert.Equal((HttpStatusCode.OK, "\"3\""), (head.StatusCode, head.Header("ETag")));
    }

    [Fact]
    public async Task Text_comes_back_as_it_went_in()
    {
        const string text = "👩‍💻 مرحبا e\u0301 \u202Ertl\u2028 \"quoted\" \\ </script> \t\n";
        using var response = await Http.SendAsync("POST", "/v1/conversations/c-1/messages", System.Text.Json.JsonSerializer.Serialize(new { text, requestId = "r" }));
        Assert.Equal(text, (string?)(await response.JsonAsync())["text"]);
    }

    [Fact]
    public async Task An_empty_body_is_an_empty_request()
    {
        using var response = await Http.SendAsync("POST", "/v1/conversations/c-1/messages");
        Assert.Equal("c-1", (string?)(await response.JsonAsync())["conversationId"]);
    }

    [Theory]
    [InlineData("""{"text":""", 400, "request.malformed_json")]
    [InlineData("""{"txt":"a"}""", 400, "request.unknown_field")]
    [InlineData("""{"text":7}""", 400, "request.wrong_type")]
    [InlineData("""[]""", 400, "request.wrong_type")]
    [InlineData("""{"text":"a","text":"b"}""", 400, "request.duplicate_field")]
    [InlineData("""{"text":"a\u0000"}""", 400, "request.invalid_text")]
    [InlineData("""{"text":"\ud800"}""", 400, "request.invalid_text")]
    [InlineData("""{"conversationId":"c-2","text":"a"}""", 400, "request.path_mismatch")]
    public async Task A_wrong_body_is_400_with_its_code(string json, int status, string code)
    {
        using var response = await Http.SendAsync("POST", "/v1/conversations/c-1/messages", json);
        await response.ProblemAsync(status, code);
    }

    [Fact]
    public async Task A_wrong_field_is_named_with_its_place()
    {
        using var response = await Http.SendAsync("POST", "/v1/articles", "{\n  \"requiredSkills\": [{\"minimumLevel\": \"high\"}]}");
        var problem = await response.ProblemAsync(400, "request.wrong_type");
        Assert.Equal("requiredSkills[0].minimumLevel", (string?)problem["errors"]![0]!["field"]);
        Assert.Contains("(line 2, byte 39)", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF_8_are_400()
    {
        using var content = new ByteArrayContent([.. "{\"text\":\""u8, 0xFF, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        using var response = await Http.PostAsync(new Uri("/v1/conversations/c-1/messages", UriKind.Relative), content, TestContext.Current.CancellationToken);
        await response.ProblemAsync(400, "request.invalid_text");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=iso-8859-1")]
    public async Task Another_content_type_is_415(string type)
    {
        using var response = await Http.SendAsync("POST", "/v1/conversations/c-1/messages", """{"text":"a"}""", type);
        await response.ProblemAsync(415, "request.unsupported_media_type");
    }

    [Fact]
    public async Task A_compressed_body_is_415()
    {
        using var content = new ByteArrayContent([0x1F, 0x8B]);
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await Http.PostAsync(new Uri("/v1/conversations/c-1/messages", UriKind.Relative), content, TestContext.Current.CancellationToken);
        await response.ProblemAsync(415, "request.unsupported_media_type");
    }

    [Fact]
    public async Task A_body_of_more_than_4_MB_is_413_and_an_import_may_have_more()
    {
        var articles = string.Join(',', Enumerable.Repeat($$"""{"body":"{{new string('x', 1 << 20)}}"}""", 5));
        using var import = await Http.SendAsync("POST", "/v1/articles:import", $$"""{"articles":[{{articles}}]}""", headers: [("Authorization", "Bearer " + gateway.Keys.Client("acme", "articles.publish"))]);
        Assert.Equal(5, (int)(await import.JsonAsync())["imported"]!);

        var large = $$"""{"body":"{{new string('x', 5 << 20)}}"}""";
        using var known = await Http.SendAsync("POST", "/v1/articles", large);
        await known.ProblemAsync(413, "request.too_large");

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/articles") { Content = new StringContent(large, Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        await chunked.ProblemAsync(413, "request.too_large");

        var allowed = $$"""{"body":"{{new string('x', 3 << 20)}}"}""";
        using var whole = await Http.SendAsync("POST", "/v1/articles", allowed);
        Assert.Equal(3 << 20, ((string?)(await whole.JsonAsync())["body"])!.Length);
    }

    [Theory]
    [InlineData("", 401, "token.missing")]
    [InlineData("not a token", 401, "token.invalid")]
    [InlineData("articles.write", 403, "permission.denied")]
    public async Task An_import_is_refused_before_its_body_is_read(string authorization, int status, string code)
    {
        var token = authorization.StartsWith("articles", StringComparison.Ordinal) ? gateway.Keys.Client("acme", authorization) : authorization;
        using var socket = new TcpClient();
        await socket.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port, TestContext.Current.CancellationToken);
        var header = token.Length == 0 ? "" : $"Authorization: Bearer {token}\r\n";
        await socket.Client.SendAsync(
            Encoding.ASCII.GetBytes($"POST /v1/articles:import HTTP/1.1\r\nHost: x\r\n{header}Content-Type: application/json\r\nContent-Length: 60000000\r\n\r\n"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream(), Encoding.UTF8);
        Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        string? line;
        do
            line = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        while (line?.Contains(code, StringComparison.Ordinal) == false);
        Assert.NotNull(line);
    }

    [Fact]
    public async Task An_import_of_more_values_than_memory_should_hold_is_400()
    {
        var json = $$"""{"articles":[{{string.Join(',', Enumerable.Repeat("1", 250_001))}}]}""";
        using var response = await Http.SendAsync("POST", "/v1/articles:import", json, headers: [("Authorization", "Bearer " + gateway.Keys.Client("acme", "articles.publish"))]);
        Assert.Equal("articles[250000]", (string?)(await response.ProblemAsync(400, "request.too_many_values"))["errors"]![0]!["field"]);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.1")]
    [InlineData("Forwarded", "for=198.51.100.1")]
    public async Task Metrics_are_for_this_machine_and_not_for_whom_a_proxy_on_it_serves(string header, string value)
    {
        await using var behind = await gateway.StartGatewayAsync(("Gateway:TrustedProxies:0", "127.0.0.0/8"));
        using var http = new HttpClient { BaseAddress = behind.HttpAddress };
        foreach (var face in new[] { Http, http })
        {
            using var own = await face.SendAsync("GET", "/metrics");
            Assert.Equal(HttpStatusCode.OK, own.StatusCode);
            using var passedOn = await face.SendAsync("GET", "/metrics", headers: [(header, value)]);
            await passedOn.ProblemAsync(404, "route.not_found");
        }

        await behind.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_query_fills_the_request()
    {
        using var response = await Http.SendAsync("GET", "/v1/conversations/c-1/messages?afterSequence=41");
        Assert.Equal(42, (int)(await response.JsonAsync())["messages"]![0]!["sequence"]!);
    }

    [Theory]
    [InlineData("GET", "/v1/conversations/c-1/messages?before=1", "request.unknown_parameter")]
    [InlineData("GET", "/v1/conversations/c-1/messages?afterSequence=x", "request.wrong_type")]
    [InlineData("GET", "/v1/conversations/c-1/messages?conversationId=c-2", "request.unknown_parameter")]
    [InlineData("GET", "/v1/conversations/c-1/messages?waitSeconds=31", "request.out_of_range")]
    [InlineData("GET", "/v1/conversations/c-1/messages?waitSeconds=-1", "request.out_of_range")]
    [InlineData("POST", "/v1/conversations/c-1/messages?text=a", "request.unknown_parameter")]
    public async Task A_wrong_query_is_400_with_its_code(string method, string path, string code)
    {
        using var response = await Http.SendAsync(method, path);
        await response.ProblemAsync(400, code);
    }

    [Fact]
    public async Task A_read_with_a_body_is_400()
    {
        using var response = await Http.SendAsync("GET", "/v1/conversations/c-1", "{}");
        await response.ProblemAsync(400, "request.unexpected_body");
    }

    [Theory]
    [InlineData("GET", "/", 404, "route.not_found")]
    [InlineData("GET", "/v2/articles", 404, "route.not_found")]
    [InlineData("POST", "/v1/conversations/c-1:unknown", 404, "route.not_found")]
    [InlineData("POST", "/v1/conversations/c-1%3Aunknown", 404, "route.not_found")]
    [InlineData("GET", "/v1/conversations/c-1/", 404, "route.not_found")]
    [InlineData("POST", "/relais.identity.v1.Identity/CreateSession", 404, "route.not_found")]
    [InlineData("DELETE", "/v1/conversations/c-1", 405, "route.method_not_allowed")]
    [InlineData("GET", "/v1/conversations/c-1:confirmSolved", 405, "route.method_not_allowed")]
    [InlineData("GET", "/oauth2/token", 405, "route.method_not_allowed")]
    [InlineData("POST", "/openapi/v1.json", 405, "route.method_not_allowed")]
    public async Task What_is_not_there_is_a_problem(string method, string path, int status, string code)
    {
        using var response = await Http.SendAsync(method, path);
        await response.ProblemAsync(status, code);
        Assert.Equal(status == 405, response.Header("Allow").Length > 0);
    }

    [Fact]
    public async Task Failures_of_a_service_become_problems()
    {
        using var missing = await Http.SendAsync("GET", "/v1/conversations/missing");
        await missing.ProblemAsync(404, "conversation.not_found");

        using var invalid = await Http.SendAsync("POST", "/v1/conversations/c-1:requestExpert", """{"preferredChannel":"fax"}""");
        var problem = await invalid.ProblemAsync(400, "request.invalid");
        Assert.Equal(("preferredChannel", "is not a channel."), ((string?)problem["errors"]![0]!["field"], (string?)problem["errors"]![0]!["message"]));

        using var often = await Http.SendAsync("POST", "/v1/conversations/c-1:confirmSolved");
        await often.ProblemAsync(429, "conversation.too_often");
        Assert.Equal("3", often.Header("Retry-After"));

        using var secret = await Http.SendAsync("GET", "/v1/conversations/private");
        await secret.ProblemAsync(401, "token.missing");
        Assert.Equal("Bearer", secret.Header("WWW-Authenticate"));

        using var broken = await Http.SendAsync("GET", "/v1/conversations/broken");
        Assert.DoesNotContain("secret connection string", (await broken.ProblemAsync(500, "internal")).ToJsonString(), StringComparison.Ordinal);

        using var unknown = await Http.SendAsync("GET", "/v1/conversations");
        await unknown.ProblemAsync(501, "unimplemented");

        using var away = await Http.SendAsync("GET", "/v1/surveys");
        var gone = await away.ProblemAsync(503, "unavailable");
        Assert.Equal("1", away.Header("Retry-After"));
        Assert.DoesNotContain("127.0.0.1", gone.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_patch_without_a_mask_changes_what_its_body_names()
    {
        using var derived = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"requestId":"r","title":"T","exampleQuestions":[],"etag":"3"}""");
        Assert.Equal("title,example_questions", (string?)(await derived.JsonAsync())["category"]);
        using var named = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"title":"T","body":"B","updateMask":"title,requiredSkills"}""");
        Assert.Equal("title,required_skills", (string?)(await named.JsonAsync())["category"]);
    }

    [Fact]
    public async Task If_Match_is_the_etag_and_a_stale_one_is_412()
    {
        using var current = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"title":"T"}""", headers: [("If-Match", "\"3\"")]);
        Assert.Equal("\"4\"", current.Header("ETag"));
        using var stale = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"title":"T"}""", headers: [("If-Match", "\"2\"")]);
        await stale.ProblemAsync(412, "etag.stale");
        using var body = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"title":"T","etag":"\"2\""}""");
        await body.ProblemAsync(409, "etag.stale");
        using var both = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"title":"T","etag":"2"}""", headers: [("If-Match", "\"3\"")]);
        await both.ProblemAsync(400, "request.etag_mismatch");
        using var bare = await Http.SendAsync("PATCH", "/v1/articles/a-1", """{"title":"T"}""", headers: [("If-Match", "3")]);
        await bare.ProblemAsync(400, "request.invalid_header");
    }

    [Theory]
    [InlineData("Relais-Tenant", "é", 400, "request.invalid_header")]
    [InlineData("Authorization", "Bearer é", 401, "token.invalid")]
    public async Task A_header_that_is_no_text_of_its_kind_is_refused(string name, string value, int status, string code)
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        using var http = new HttpClient(handler) { BaseAddress = Http.BaseAddress };
        using var response = await http.SendAsync("GET", "/v1/conversations/c-1", headers: [(name, value)]);
        await response.ProblemAsync(status, code);
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_its_call()
    {
        using var leave = new CancellationTokenSource();
        var call = Http.GetAsync(new Uri("/v1/conversations/slow", UriKind.Relative), leave.Token);
        await gateway.Log.HasStarted("slow");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await gateway.Log.HasEnded("slow");
    }

    [Fact]
    public async Task A_long_poll_has_its_wait_on_top_of_the_deadline()
    {
        using var leave = new CancellationTokenSource();
        var call = Http.GetAsync(new Uri("/v1/conversations/held/messages?waitSeconds=20", UriKind.Relative), leave.Token);
        await gateway.Log.HasStarted("held");
        Assert.InRange(gateway.Log.Deadlines["held"], TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30.5));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_in_time_is_504()
    {
        await using var impatient = await gateway.StartGatewayAsync(("Gateway:CallTimeout", "00:00:00.2"));
        using var http = new HttpClient { BaseAddress = impatient.HttpAddress };
        using var response = await http.SendAsync("GET", "/v1/conversations/slow");
        await response.ProblemAsync(504, "deadline_exceeded");
        await impatient.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_drain_ends_long_polls_with_what_there_is()
    {
        await using var draining = await gateway.StartGatewayAsync();
        using var http = new HttpClient { BaseAddress = draining.HttpAddress };
        var call = http.SendAsync("GET", "/v1/conversations/drained/messages?waitSeconds=30");
        await gateway.Log.HasStarted("drained");
        var clock = Stopwatch.StartNew();
        var stop = draining.StopAsync(TestContext.Current.CancellationToken);
        using var response = await call;
        Assert.Equal("""{"messages":[]}""", (await response.JsonAsync()).ToJsonString());
        await stop;
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"the drain took {clock.Elapsed}");
    }

    [Fact]
    public async Task A_body_that_breaks_off_does_no_harm()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port, TestContext.Current.CancellationToken);
        await socket.Client.SendAsync(
            Encoding.ASCII.GetBytes("POST /v1/conversations/c-1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"text\":"),
            TestContext.Current.CancellationToken);
        socket.Client.Close();
        using var response = await Http.SendAsync("GET", "/v1/conversations/c-1");
        await response.JsonAsync();
    }

    [Fact]
    public async Task Origins_may_call_only_where_they_are_allowed()
    {
        using var closed = await Http.SendAsync("POST", "/v1/conversations", "{}", headers: [("Origin", "https://www.example.org")]);
        Assert.Equal("", closed.Header("Access-Control-Allow-Origin"));

        await using var open = await gateway.StartGatewayAsync(("Gateway:AllowedOrigins:0", "https://www.example.org"));
        using var http = new HttpClient { BaseAddress = open.HttpAddress };
        using var allowed = await http.SendAsync("GET", "/v1/conversations/missing", headers: [("Origin", "https://www.example.org")]);
        await allowed.ProblemAsync(404, "conversation.not_found");
        Assert.Equal("https://www.example.org", allowed.Header("Access-Control-Allow-Origin"));
        using var preflight = await http.SendAsync("OPTIONS", "/v1/conversations", headers:
            [("Origin", "https://www.example.org"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,relais-tenant")]);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        using var other = await http.SendAsync("GET", "/v1/conversations/c-1", headers: [("Origin", "https://evil.example")]);
        Assert.Equal("", other.Header("Access-Control-Allow-Origin"));
        await open.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Health_is_answered_and_its_other_methods_are_problems()
    {
        using var ready = await Http.SendAsync("GET", "/health/ready");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        // It sends and takes no events, whatever it is told of a broker.
        await using var own = await gateway.StartGatewayAsync(("ConnectionStrings:rabbitmq", "amqp://nobody:nothing@127.0.0.1:1/"));
        Assert.Null(own.Services.GetService<IEventTransport>());
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        using var health = await http.SendAsync("GET", "/health/ready");
        Assert.Equal(["started"], (await health.JsonAsync())["checks"]!.AsObject().Select(check => check.Key));
        using var key = await Http.SendAsync("GET", "/.well-known/jwks.json");
        Assert.Equal(gateway.Keys.Public.Kid, (string?)(await key.JsonAsync())["keys"]![0]!["kid"]);
    }
}
