using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Net.Client;
using Relais.AppHost.Local;
using Relais.Common.Hosting;
using Relais.Contracts.Channels.V1;
using ConversationsClient = Relais.Contracts.Channels.V1.Conversations.ConversationsClient;

namespace Relais.Contract.Gateway;

/// <summary>Calls beyond what an address may make.</summary>
public sealed class RateLimitTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly (string Name, string Value)[] Two =
    [
        ("Gateway:RateLimits:ExemptLoopback", "false"),
        ("Gateway:RateLimits:AnonymousPerMinute", "2"),
        ("Gateway:RateLimits:SignInPerMinute", "2"),
        ("Gateway:TrustedProxies:0", "127.0.0.0/8"),
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_beyond_the_limit_is_refused_with_when_to_come_again()
    {
        await using var own = await gateway.StartGatewayAsync(Two);
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        Assert.Equal(HttpStatusCode.OK, (await OpenAsync(http, "198.51.100.1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await OpenAsync(http, "198.51.100.1")).StatusCode);
        using var refused = await OpenAsync(http, "198.51.100.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 30);
        Assert.Equal("rate.limited", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel))!["code"]!);

        // Other clients and other kinds of calls have limits of their own.
        Assert.Equal(HttpStatusCode.OK, (await OpenAsync(http, "198.51.100.2")).StatusCode);
        using var read = new HttpRequestMessage(HttpMethod.Get, "/v1/conversations/c");
        read.Headers.Add("X-Forwarded-For", "198.51.100.1");
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(read, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Made_up_tenant_opens_no_window_of_its_own()
    {
        await using var own = await gateway.StartGatewayAsync(Two);
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        await OpenAsync(http, "198.51.100.1", "one");
        await OpenAsync(http, "198.51.100.1", "two");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await OpenAsync(http, "198.51.100.1", "three")).StatusCode);
    }

    [Fact]
    public async Task Calls_of_no_tenant_in_particular_wait_for_none()
    {
        await using var own = await gateway.StartGatewayAsync(Two);
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        var before = gateway.Log.TenantReads;
        for (var calls = 0; calls < 20; calls++)
        {
            using var answer = await http.SendAsync("GET", "/v1/conversations/c", headers: [("X-Forwarded-For", "198.51.100.1"), ("Authorization", "Bearer abc.def")]);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.InRange(gateway.Log.TenantReads - before, 1, 3);
    }

    [Fact]
    public async Task Sign_in_is_limited_in_its_own_form()
    {
        await using var own = await gateway.StartGatewayAsync(Two);
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        for (var tries = 0; ; tries++)
        {
            using var answer = await http.PostAsync("/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials", ["client_id"] = "c", ["client_secret"] = "wrong",
            }), Cancel);
            if (tries < 2)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
                continue;
            }

            Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Equal("temporarily_unavailable", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["error"]!);
            return;
        }
    }

    [Fact]
    public async Task gRPC_is_limited_with_its_own_status()
    {
        await using var own = await gateway.StartGatewayAsync(Two);
        using var channel = GrpcChannel.ForAddress(own.GrpcAddress);
        var client = new ConversationsClient(channel);
        for (var calls = 0; calls < 2; calls++)
            await client.CreateConversationAsync(new CreateConversationRequest(), cancellationToken: Cancel);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.CreateConversationAsync(new CreateConversationRequest(), cancellationToken: Cancel));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task Try_to_sign_in_counts_whatever_tenant_a_header_names()
    {
        await using var own = await gateway.StartGatewayAsync(Two);
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        var statuses = new List<HttpStatusCode>();
        foreach (var tenant in new[] { "acme", "globex", "acme", "globex" })
        {
            using var answer = await http.SendAsync("POST", "/v1/sessions", """{"tenant":"acme"}""", headers: [("X-Forwarded-For", "198.51.100.1"), ("Relais-Tenant", tenant)]);
            statuses.Add(answer.StatusCode);
        }

        Assert.DoesNotContain(HttpStatusCode.TooManyRequests, statuses[..2]);
        Assert.Equal([HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], statuses[2..]);
    }

    [Fact]
    public async Task Calls_from_this_machine_are_not_limited_by_default()
    {
        await using var own = await gateway.StartGatewayAsync(("Gateway:RateLimits:AnonymousPerMinute", "1"));
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        for (var calls = 0; calls < 5; calls++)
            Assert.Equal(HttpStatusCode.OK, (await OpenAsync(http, client: null)).StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "198.51.100.1")]
    [InlineData("Forwarded", "for=198.51.100.1")]
    [InlineData("X-Real-IP", "198.51.100.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task Calls_that_a_proxy_on_this_machine_passes_on_are_limited(string header, string value)
    {
        await using var own = await gateway.StartGatewayAsync(("Gateway:RateLimits:SignInPerMinute", "1"));
        using var http = new HttpClient { BaseAddress = own.HttpAddress };
        using var first = await http.SendAsync("POST", "/v1/sessions", """{"tenant":"acme"}""", headers: [(header, value)]);
        Assert.NotEqual(HttpStatusCode.TooManyRequests, first.StatusCode);
        using var second = await http.SendAsync("POST", "/v1/sessions", """{"tenant":"acme"}""", headers: [(header, value)]);
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
    }

    [Fact]
    public async Task Replicas_of_the_gateway_share_one_limit()
    {
        if (!RedisServer.IsInstalled)
            Assert.Skip(RedisServer.HowToInstall);
        var folder = Directory.CreateTempSubdirectory("relais-redis-");
        try
        {
            await using var redis = await RedisServer.StartAsync(folder.FullName, Cancel);
            (string Name, string Value)[] settings = [.. Two, ("ConnectionStrings:redis", redis.ConnectionString)];
            await using var first = await gateway.StartGatewayAsync(settings);
            await using var second = await gateway.StartGatewayAsync(settings);
            using var http = new HttpClient();
            // Each counts alone until it has found Redis.
            for (var client = 1; client < 200; client++)
            {
                var statuses = new List<HttpStatusCode>();
                foreach (var replica in new[] { first, second, first, second })
                    statuses.Add((await OpenAsync(http, $"198.51.100.{client}", at: replica)).StatusCode);
                if (statuses is [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests])
                    return;
                await Task.Delay(50, Cancel);
            }

            Assert.Fail("Two replicas took twice the limit.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient http, string? client, string? tenant = null, TargetHost? at = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, at is null ? new Uri("/v1/conversations", UriKind.Relative) : new Uri(at.HttpAddress, "/v1/conversations"))
        {
            Content = JsonContent.Create(new JsonObject { ["channel"] = "web_chat" }),
        };
        if (client is not null)
            request.Headers.Add("X-Forwarded-For", client);
        if (tenant is not null)
            request.Headers.Add("Relais-Tenant", tenant);
        return await http.SendAsync(request, Cancel);
    }
}
