using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.EndToEnd;

/// <summary>Each wrong request has its status, its stable code and a sentence that helps.</summary>
public abstract class BadInput(SharedPlatform platform) : ModeSuite(platform)
{
    private HttpClient? connection;

    private HttpClient Http => connection ??= new HttpClient { BaseAddress = Platform.Process.Address };

    public override async ValueTask DisposeAsync()
    {
        connection?.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("{", 400, "request.malformed_json")]
    [InlineData("[]", 400, "request.wrong_type")]
    [InlineData("""{"channel":"web_chat","nickname":"x"}""", 400, "request.unknown_field")]
    [InlineData("""{"channel":5}""", 400, "request.wrong_type")]
    [InlineData("""{"channel":"pigeon","locale":"fr","customer":{"displayName":"A"}}""", 400, null)]
    [InlineData("""{"channel":"web_chat","locale":"not a language","customer":{"displayName":"A"}}""", 400, "request.invalid")]
    public async Task Conversation_with_a_wrong_body_is_refused(string body, int status, string? code) =>
        await RefusedAsync(await PostAsync("/v1/conversations", body), (HttpStatusCode)status, code);

    [Theory]
    [InlineData("""{"text":""}""", "request.invalid")]
    [InlineData("""{"text":"   "}""", "request.invalid")]
    [InlineData("""{"text":"a\u0000b"}""", null)]
    [InlineData("""{"text":"\ud83d"}""", null)]
    public async Task Message_that_cannot_be_kept_is_refused(string body, string? code)
    {
        var chat = await Platform.OpenAsync();
        await RefusedAsync(await PostAsync($"/v1/conversations/{chat.Id}/messages", body, Token(chat)), HttpStatusCode.BadRequest, code);
        Assert.Empty(await chat.ReadAllAsync());
    }

    [Fact]
    public async Task Message_of_100_KB_is_refused_with_the_limit()
    {
        var chat = await Platform.OpenAsync();
        var problem = await Assert.ThrowsAsync<ProblemException>(() => chat.SayAsync(new string('x', 100_000)));
        Assert.Equal(HttpStatusCode.BadRequest, problem.Status);
        Assert.Contains("20000", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ça va ? 👩🏽‍🚀🇫🇷 e\u0301 مرحبا \u202Eabc\u202C \t\n zero\u200Bwidth")]
    [InlineData("\"quotes\" \\back\\slash <b>&amp; ' ; DROP TABLE")]
    public async Task Text_comes_back_as_it_went_in(string text)
    {
        var chat = await Platform.OpenAsync();
        await chat.SayAsync(text);
        Assert.Equal(text, (string)(await chat.ReadAllAsync())[0]!["text"]!);
    }

    [Fact]
    public async Task Repeated_request_id_gets_the_same_answer_and_has_one_effect()
    {
        var chat = await Platform.OpenAsync();
        var requestId = Guid.NewGuid().ToString();
        var first = await chat.SayAsync("Une seule fois", requestId);
        var second = await chat.SayAsync("Une seule fois", requestId);
        Assert.Equal(first.ToJsonString(), second.ToJsonString());
        Assert.Single(await chat.ReadAllAsync(), message => (string)message!["author"]! == "CUSTOMER");
        var other = await Assert.ThrowsAsync<ProblemException>(() => chat.SayAsync("Autre chose", requestId));
        Assert.Equal("request_id.reused", other.Code);
    }

    [Fact]
    public async Task Repeated_request_id_opens_one_conversation()
    {
        var body = $$"""{"channel":"web_chat","locale":"fr","customer":{"displayName":"Alix"},"requestId":"{{Guid.NewGuid()}}"}""";
        var first = JsonNode.Parse(await (await PostAsync("/v1/conversations", body)).Content.ReadAsStringAsync(Stop))!;
        var second = JsonNode.Parse(await (await PostAsync("/v1/conversations", body)).Content.ReadAsStringAsync(Stop))!;
        Assert.Equal((string)first["conversation"]!["id"]!, (string)second["conversation"]!["id"]!);
    }

    [Fact]
    public async Task Call_without_or_with_a_wrong_token_is_unauthenticated()
    {
        await RefusedAsync(await Http.GetAsync("/v1/tickets", Stop), HttpStatusCode.Unauthorized, "token.missing");
        await RefusedAsync(await GetAsync("/v1/tickets", "not-a-token"), HttpStatusCode.Unauthorized, "token.invalid");
    }

    [Fact]
    public async Task Customer_sees_no_other_conversation_and_no_ticket()
    {
        var (mine, theirs) = (await Platform.OpenAsync(), await Platform.OpenAsync());
        await RefusedAsync(await GetAsync($"/v1/conversations/{theirs.Id}/messages", Token(mine)), HttpStatusCode.NotFound, "conversation.not_found");
        await RefusedAsync(await PostAsync($"/v1/conversations/{theirs.Id}/messages", """{"text":"hello"}""", Token(mine)), HttpStatusCode.NotFound, "conversation.not_found");
        await RefusedAsync(await GetAsync("/v1/tickets", Token(mine)), HttpStatusCode.Forbidden, "permission.denied");
    }

    [Fact]
    public async Task Another_tenant_sees_nothing_of_this_one()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        var tenant = "other-" + Guid.NewGuid().ToString("N")[..8];
        await Platform.Administrator.PostAsync("/v1/tenants", new JsonObject { ["id"] = tenant, ["displayName"] = "Other", ["defaultLocale"] = "en", ["administratorEmail"] = "administrator@other.example", ["administratorPassword"] = "a long password 1" }, Stop);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/conversations")
        {
            Content = new StringContent("""{"channel":"web_chat","locale":"en","customer":{"displayName":"Kim"}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Relais-Tenant", tenant);
        using var answer = await Http.SendAsync(request, Stop);
        var opened = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop))!;
        Assert.True(answer.IsSuccessStatusCode, opened.ToJsonString());
        var stranger = (string)opened["accessToken"]!;
        await RefusedAsync(await GetAsync($"/v1/conversations/{chat.Id}", stranger), HttpStatusCode.NotFound, "conversation.not_found");
        await RefusedAsync(await GetAsync($"/v1/tickets/{ticketId}", stranger), HttpStatusCode.Forbidden, "permission.denied");
        using var unknown = new HttpRequestMessage(HttpMethod.Post, "/v1/knowledge:ask") { Content = new StringContent("""{"question":"hello","locale":"en"}""", Encoding.UTF8, "application/json") };
        unknown.Headers.Add("Relais-Tenant", "nobody");
        await RefusedAsync(await Http.SendAsync(unknown, Stop), HttpStatusCode.NotFound, "tenant.unknown");
    }

    [Fact]
    public async Task Target_that_there_is_none_of_is_told_with_those_there_are()
    {
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Platform.Administrator.GetAsync("/v1/targets/nowhere/deadLetters", Stop));
        Assert.Equal(("target.not_found", HttpStatusCode.NotFound), (refused.Code, refused.Status));
        Assert.Contains("knowledge", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stale_etag_is_refused_and_the_fresh_one_taken()
    {
        var article = await Platform.Administrator.PostAsync("/v1/articles", new JsonObject { ["title"] = "Un essai", ["body"] = "Texte.", ["locale"] = "fr" }, Stop);
        var path = $"/v1/articles/{article["id"]}";
        var changed = await Platform.Administrator.SendAsync(HttpMethod.Patch, path, new JsonObject { ["title"] = "Un autre", ["etag"] = (string)article["etag"]! }, Stop);
        Assert.Equal("Texte.", (string)changed["body"]!);
        var stale = await Assert.ThrowsAsync<ProblemException>(() => Platform.Administrator.SendAsync(
            HttpMethod.Patch, path, new JsonObject { ["title"] = "Trop tard", ["etag"] = (string)article["etag"]! }, Stop));
        Assert.Equal("etag.stale", stale.Code);
        Assert.Contains((int)stale.Status, new[] { 409, 412 });
    }

    [Fact]
    public async Task Offer_cannot_be_accepted_by_somebody_else_or_when_it_does_not_exist()
    {
        var expert = (await Platform.ExpertsAsync())[0];
        var missing = await Assert.ThrowsAsync<ProblemException>(() => expert.PostAsync($"/v1/offers/{Guid.NewGuid()}:accept", [], Stop));
        Assert.Equal((HttpStatusCode.NotFound, "offer.not_found"), (missing.Status, missing.Code));

        var (asked, offer) = await Platform.OfferOfAsync(await (await Platform.OpenAsync()).RequestExpertAsync());
        PublicApi? other = null;
        foreach (var somebody in await Platform.ExpertsAsync())
        {
            if ((string)(await somebody.GetAsync("/v1/experts/me", Stop))["id"]! != (string)offer["expertId"]!)
                other = somebody;
        }

        var refused = await Assert.ThrowsAsync<ProblemException>(() => other!.PostAsync($"/v1/offers/{offer["id"]}:accept", [], Stop));
        Assert.Equal((HttpStatusCode.Forbidden, "offer.not_yours"), (refused.Status, refused.Code));
        await asked.PostAsync($"/v1/offers/{offer["id"]}:accept", [], Stop);
    }

    [Fact]
    public async Task Ticket_that_is_resolved_cannot_be_resolved_again()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        await Platform.TicketAsync(ticketId);
        await Platform.Administrator.PostAsync($"/v1/tickets/{ticketId}:resolve", new JsonObject { ["summary"] = "Réglé" }, Stop);
        var again = await Assert.ThrowsAsync<ProblemException>(() => Platform.Administrator.PostAsync($"/v1/tickets/{ticketId}:resolve", new JsonObject { ["summary"] = "Encore" }, Stop));
        Assert.Equal((HttpStatusCode.Conflict, "ticket.already_resolved"), (again.Status, again.Code));
    }

    [Fact]
    public async Task Import_takes_the_good_entries_and_reports_the_bad_ones_with_their_position()
    {
        var answer = await Platform.Administrator.PostAsync("/v1/articles:import", JsonNode.Parse("""
            {"locale": "fr", "publish": true, "articles": [
              {"title": "Un bon article importé", "body": "<p>Texte</p>"},
              {"title": 5, "body": "Un nombre pour titre"},
              "pas un article",
              {"body": "Sans titre"},
              {"title": "Un deuxième bon article", "body_html": "<p>Texte</p>", "theme": "essais"}
            ]}
            """)!.AsObject(), Stop);
        Assert.Equal(2, (int)answer["imported"]!);
        Assert.Equal([1, 2, 3], answer["problems"]!.AsArray().Select(problem => (int)problem!["position"]!).Distinct());
        Assert.All(answer["problems"]!.AsArray(), problem => Assert.NotEmpty((string)problem!["message"]!));
    }

    [Fact]
    public async Task Unknown_path_is_a_problem_too()
    {
        await RefusedAsync(await Http.GetAsync("/v1/nothing", Stop), HttpStatusCode.NotFound, "route.not_found");
        await RefusedAsync(await Http.DeleteAsync("/v1/conversations", Stop), HttpStatusCode.MethodNotAllowed, "route.method_not_allowed");
    }

    [Fact]
    public async Task Password_guessed_wrong_again_and_again_locks_the_account()
    {
        var email = $"{Guid.NewGuid():N}@orlume.example";
        await Platform.Administrator.PostAsync("/v1/staff", new JsonObject
        {
            ["email"] = email, ["displayName"] = "Lou Garnier", ["roles"] = new JsonArray("agent"), ["locale"] = "fr", ["password"] = "a right password 1",
        }, Stop);
        ProblemException? last = null;
        for (var i = 0; i < 8; i++)
            last = await Assert.ThrowsAsync<ProblemException>(() => Platform.Anonymous.SignInAsync("demo", email, "a wrong password", Stop));
        var right = await Assert.ThrowsAsync<ProblemException>(() => Platform.Anonymous.SignInAsync("demo", email, "a right password 1", Stop));
        Assert.Equal(last!.Code, right.Code);
    }

    private static string Token(CustomerChat chat) => (string)chat.Opened["accessToken"]!;

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Http.SendAsync(request, Stop);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Http.SendAsync(request, Stop);
    }

    private static async Task RefusedAsync(HttpResponseMessage response, HttpStatusCode status, string? code)
    {
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!;
        if (code is not null)
            Assert.Equal(code, (string)problem["code"]!);
        Assert.NotEmpty((string)problem["code"]!);
        Assert.True(((string)problem["detail"]!).Length > 15, text);
    }
}

[Collection<EmbeddedPlatform>]
public sealed class EmbeddedBadInput(EmbeddedPlatform platform) : BadInput(platform);

[Collection<LocalPlatform>]
public sealed class LocalBadInput(LocalPlatform platform) : BadInput(platform);
