namespace Relais.Contract.Gateway;

/// <summary>Where operators reach a target's dead letters as JSON.</summary>
public sealed class DeadLetterRoutes(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task One_is_shown_with_its_content()
    {
        using var response = await gateway.Http.SendAsync("GET", "/v1/targets/tickets/deadLetters/d-7");
        var letter = await response.JsonAsync();
        Assert.Equal(("d-7", "tickets", "QUEUE", "{}"), ((string?)letter["id"], (string?)letter["key"], (string?)letter["place"], (string?)letter["payload"]));
    }

    [Theory]
    [InlineData(null, "tickets: ")]
    [InlineData("""{"ids":[]}""", "tickets: ")]
    [InlineData("""{"ids":["d-1","d-2"]}""", "tickets: d-1 d-2")]
    public async Task Some_or_all_are_replayed(string? json, string asked)
    {
        using var response = await gateway.Http.SendAsync("POST", "/v1/targets/tickets/deadLetters:replay", json);
        Assert.Equal(3, (int)(await response.JsonAsync())["replayed"]!);
        Assert.Equal(asked, gateway.Log.LastReplay);
    }

    [Theory]
    [InlineData("""{"ids":["d-1","d-2"]}""", "knowledge: d-1 d-2")]
    [InlineData("""{"unreadable":true}""", "knowledge: unreadable")]
    public async Task Some_or_what_cannot_be_read_is_discarded(string json, string asked)
    {
        using var response = await gateway.Http.SendAsync("POST", "/v1/targets/knowledge/deadLetters:discard", json);
        Assert.Equal(2, (int)(await response.JsonAsync())["discarded"]!);
        Assert.Equal(asked, gateway.Log.LastDiscard);
    }

    [Theory]
    [InlineData("/v1/targets/tickets/deadLetters:replay", """{"ids":"d-1"}""", "request.wrong_type")]
    [InlineData("/v1/targets/tickets/deadLetters:discard", """{"all":true}""", "request.unknown_field")]
    public async Task Wrong_body_is_400_and_reaches_no_target(string path, string json, string code)
    {
        using var response = await gateway.Http.SendAsync("POST", path, json);
        await response.ProblemAsync(400, code);
    }

    [Fact]
    public async Task Target_that_there_is_none_of_is_404()
    {
        using var replay = await gateway.Http.SendAsync("POST", "/v1/targets/nowhere/deadLetters:replay", "{}");
        await replay.ProblemAsync(404, "target.not_found");
        using var shown = await gateway.Http.SendAsync("GET", "/v1/targets/nowhere/deadLetters/d-1");
        await shown.ProblemAsync(404, "target.not_found");
    }
}
