using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>Routing as a supervisor and a planner see it through the public face.</summary>
public abstract class Floor(SharedPlatform platform) : ModeSuite(platform)
{
    [Fact]
    public async Task Paused_queue_tells_what_waits_and_why_and_goes_on_where_it_stopped()
    {
        var until = DateTimeOffset.UtcNow.AddMinutes(10);
        await Platform.Administrator.PostAsync("/v1/queues/default:pause", new JsonObject
        {
            ["channel"] = "web_chat", ["reason"] = "Exercice d'évacuation", ["until"] = until.ToString("o", CultureInfo.InvariantCulture),
        }, Stop);
        string ticketId;
        try
        {
            var chat = await Platform.OpenAsync();
            ticketId = await chat.RequestExpertAsync();
            await EventuallyAsync(async () =>
                (await Platform.Administrator.GetAsync("/v1/queues?group=default", Stop))["queues"]!.AsArray().FirstOrDefault(Has) is { } queue && (bool)queue["paused"]!);
            var explanation = await Platform.Administrator.GetAsync($"/v1/tickets/{ticketId}/explanation", Stop);
            Assert.Equal("WAITING", (string)explanation["state"]!);
            var resumes = Assert.Single(explanation["changes"]!.AsArray(), change => (string)change!["what"]! == "RESUMES")!;
            Assert.Equal(until, DateTimeOffset.Parse((string)resumes["at"]!, CultureInfo.InvariantCulture), TimeSpan.FromSeconds(1));
        }
        finally
        {
            await Platform.Administrator.PostAsync("/v1/queues/default:resume", new JsonObject { ["channel"] = "web_chat" }, Stop);
        }

        await Platform.OfferOfAsync(ticketId);
        Assert.Equal("OFFERED", (string)(await Platform.Administrator.GetAsync($"/v1/tickets/{ticketId}/explanation", Stop))["state"]!);
        Assert.Equal(["resumed", "paused"], (await AuditAsync()).Take(2).Select(entry => (string)entry!["action"]!));

        bool Has(JsonNode? queue) => queue!["items"]!.AsArray().Any(item => (string)item!["ticketId"]! == ticketId);
    }

    [Fact]
    public async Task Supervisor_gives_a_matter_to_somebody_by_hand_and_stands_for_it()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        var (_, offer) = await Platform.OfferOfAsync(ticketId);
        var other = (await Platform.Administrator.GetAsync("/v1/liveExperts", Stop))["experts"]!.AsArray()
            .Select(expert => (string)expert!["expertId"]!).First(id => id != (string)offer["expertId"]!);
        await Platform.Administrator.PostAsync(
            $"/v1/tickets/{ticketId}:assign", new JsonObject { ["expertId"] = other, ["reason"] = "Connaît ce client" }, Stop);
        await EventuallyAsync(async () => (string?)(await Platform.TicketAsync(ticketId))["assignedExpertId"] == other);
        var entry = (await AuditAsync())[0]!;
        Assert.Equal(("assigned", other, "Connaît ce client"), ((string)entry["action"]!, (string)entry["expertId"]!, (string)entry["reason"]!));
        Assert.Equal((string)(await Platform.TicketAsync(ticketId))["number"]!, (string)entry["subject"]!);
    }

    [Fact]
    public async Task Expert_may_neither_pause_a_queue_nor_change_a_policy()
    {
        var expert = (await Platform.ExpertsAsync())[0];
        foreach (var (path, body) in new[] { ("/v1/queues/default:pause", new JsonObject { ["reason"] = "x" }), ("/v1/routingPolicies", new JsonObject { ["group"] = "mine" }) })
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => expert.PostAsync(path, body, Stop));
            Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        }
    }

    [Fact]
    public async Task Policy_is_drafted_corrected_tried_activated_and_retired()
    {
        var wrong = await Assert.ThrowsAsync<ProblemException>(() => CreateAsync(new JsonObject
        {
            ["channels"] = new JsonArray("voice"), ["relaxation"] = new JsonArray(new JsonObject { ["afterSeconds"] = -5, ["levelsDown"] = 1 }),
        }));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Contains("relaxation[0]", wrong.Message, StringComparison.Ordinal);

        var draft = await CreateAsync(new JsonObject
        {
            ["channels"] = new JsonArray("voice"), ["offerTimeoutSeconds"] = 20, ["relaxation"] = new JsonArray(new JsonObject { ["afterSeconds"] = 60, ["levelsDown"] = 1 }),
        });
        var path = $"/v1/routingPolicies/{draft["id"]}";
        await Platform.OfferOfAsync(await (await Platform.OpenAsync()).RequestExpertAsync());
        var untried = await Assert.ThrowsAsync<ProblemException>(() => Platform.Administrator.PostAsync($"{path}:activate", new JsonObject { ["etag"] = (string)draft["etag"]! }, Stop));
        Assert.Equal(HttpStatusCode.Conflict, untried.Status);
        var tried = await Platform.Administrator.PostAsync($"{path}:dryRun", new JsonObject { ["days"] = 1 }, Stop);
        Assert.Contains(tried["figures"]!.AsArray(), figure => (string)figure!["name"]! == "sla");
        var active = await Platform.Administrator.PostAsync($"{path}:activate", new JsonObject { ["etag"] = (string)tried["policyEtag"]! }, Stop);
        Assert.Equal("ACTIVE", (string)active["state"]!);
        Assert.Equal(20, (int)(await Platform.Administrator.GetAsync(path, Stop))["definition"]!["offerTimeoutSeconds"]!);
        var retired = await Platform.Administrator.PostAsync($"{path}:retire", new JsonObject { ["etag"] = (string)active["etag"]! }, Stop);
        Assert.Equal("RETIRED", (string)retired["state"]!);

        Task<JsonObject> CreateAsync(JsonObject definition) =>
            Platform.Administrator.PostAsync("/v1/routingPolicies", new JsonObject { ["group"] = "calls", ["definition"] = definition }, Stop);
    }

    [Fact]
    public async Task Skill_is_named_asked_about_by_its_other_name_given_and_shown_in_the_matrix()
    {
        await Platform.Administrator.PutAsync("/v1/skills/antennas", new JsonObject
        {
            ["nameFr"] = "Antennes", ["nameEn"] = "Antennas", ["synonyms"] = new JsonArray("aerials"),
        }, Stop);
        var asked = new JsonObject { ["item"] = new JsonObject { ["channel"] = "web_chat", ["language"] = "fr", ["skills"] = new JsonArray(Skill("aerials")) } };
        Assert.Equal(0, (int)(await Platform.Administrator.PostAsync("/v1/routing:whatIf", asked, Stop))["decision"]!["candidateCount"]!);

        var expert = (await Platform.Administrator.GetAsync("/v1/experts?pageSize=1", Stop))["experts"]![0]!.AsObject();
        var path = $"/v1/experts/{expert["id"]}/skills";
        var before = expert["skills"]!.AsArray();
        await Platform.Administrator.PutAsync(
            path, new JsonObject { ["skills"] = new JsonArray([.. before.Select(skill => skill!.DeepClone()), new JsonObject { ["skill"] = "antennas", ["level"] = 5 }]) }, Stop);
        var column = Assert.Single((await Platform.Administrator.GetAsync("/v1/skillsMatrix", Stop))["skills"]!.AsArray(), skill => (string)skill!["skill"]! == "antennas")!;
        Assert.Equal([0, 0, 0, 0, 1], column["expertsByLevel"]!.AsArray().Select(count => (int)count!));
        Assert.True((bool)column["inCatalogue"]!);
        var outlook = await Platform.Administrator.PostAsync("/v1/routing:whatIf", new JsonObject
        {
            ["expert"] = new JsonObject { ["skills"] = new JsonArray(new JsonObject { ["skill"] = "antennas", ["level"] = 3 }), ["languages"] = new JsonArray(new JsonObject { ["language"] = "fr", ["level"] = 5 }) },
        }, Stop);
        Assert.True((int)outlook["couldTake"]! >= outlook["given"]!.AsArray().Count);

        var used = await Assert.ThrowsAsync<ProblemException>(DeleteAsync);
        Assert.Equal("skill.in_use", used.Code);
        await Platform.Administrator.PutAsync(path, new JsonObject { ["skills"] = before.DeepClone() }, Stop);
        await DeleteAsync();

        Task<JsonObject> DeleteAsync() => Platform.Administrator.PostAsync("/v1/skills/antennas:delete", [], Stop);

        static JsonObject Skill(string name) => new() { ["skill"] = name, ["minimumLevel"] = 2 };
    }

    [Fact]
    public async Task Forecast_names_the_hours_ahead_and_refuses_too_many()
    {
        var groups = (await Platform.Administrator.GetAsync("/v1/forecast?hours=3", Stop))["groups"]!.AsArray();
        Assert.All(groups, group => Assert.Equal(3, group!["hours"]!.AsArray().Count));
        Assert.Contains(groups, group => (string)group!["group"]! == "default");
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Platform.Administrator.GetAsync("/v1/forecast?hours=9999", Stop));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("168", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Past_matters_are_routed_again_by_other_rules_from_the_database()
    {
        var chat = await Platform.OpenAsync();
        var ticketId = await chat.RequestExpertAsync();
        await Platform.OfferOfAsync(ticketId);
        var database = await Platform.DatabaseOfRoutingAsync();
        var answer = await RoutingCommands.JsonAsync("replay", "--database", database, "--tenant", "demo", "--days", "1", "--policy", "relais,round-robin", "--json");
        Assert.True((int)answer["matters"]! > 0, answer.ToJsonString());
        var (active, relais, turns) = (Metrics(0, "active"), Metrics(1, "relais"), Metrics(2, "round-robin"));
        Assert.True(JsonNode.DeepEquals(active, relais), answer.ToJsonString());
        Assert.All(new[] { active, turns }, metrics => Assert.All(new[] { "sla", "match", "waitMean" }, name => Assert.NotNull(metrics[name])));

        JsonNode Metrics(int row, string policy)
        {
            Assert.Equal(policy, (string)answer["policies"]![row]!["policy"]!);
            return answer["policies"]![row]!["metrics"]!;
        }
    }

    [Fact]
    public async Task Past_matters_are_routed_again_by_a_policy_that_somebody_wrote()
    {
        await Platform.OfferOfAsync(await (await Platform.OpenAsync()).RequestExpertAsync());
        var folder = Directory.CreateTempSubdirectory("relais-policy-");
        try
        {
            var written = await Policy("written", """{ "rule": "round-robin", "minimumLanguageLevel": 1, "offerTimeoutSeconds": 15 }""");
            var answer = await ReplayAsync(written);
            Assert.True(answer.Code == 0, answer.ToString());
            var row = JsonNode.Parse(answer.Output)!["policies"]![1]!;
            Assert.Equal(written, (string)row["policy"]!);
            Assert.All(new[] { "sla", "match", "waitMean" }, name => Assert.NotNull(row["metrics"]![name]));

            var refused = await ReplayAsync(await Policy("wrong", """{ "minimumLanguageLevel": 6, "offerTimeoutSeconds": 4000 }"""));
            Assert.True((refused.Code, refused.Output) == (65, ""), refused.ToString());
            Assert.Contains("minimumLanguageLevel: must be from 0 (any language) to 5; it is 6.", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("offerTimeoutSeconds: must be from 0 (as configured) to 3600; it is 4000.", refused.Errors, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        async Task<string> Policy(string name, string text)
        {
            var file = Path.Combine(folder.FullName, name + ".json");
            await File.WriteAllTextAsync(file, text, Stop);
            return file;
        }

        async Task<FinishedProgram> ReplayAsync(string file) => await RoutingCommands.RunAsync(
            "replay", "--database", await Platform.DatabaseOfRoutingAsync(), "--tenant", "demo", "--days", "1", "--policy", file, "--json");
    }

    private async Task<JsonArray> AuditAsync() => (await Platform.Administrator.GetAsync("/v1/routingAudit?pageSize=5", Stop))["entries"]!.AsArray();
}

[Collection<EmbeddedPlatform>]
public sealed class EmbeddedFloor(EmbeddedPlatform platform) : Floor(platform);

[Collection<LocalPlatform>]
public sealed class LocalFloor(LocalPlatform platform) : Floor(platform);
