using System.Text.Json.Nodes;
using Npgsql;
using Relais.AppHost.Local;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>What operators type after <c>./run</c> while a platform runs.</summary>
[Collection<EmbeddedPlatform>]
public sealed class RunCommands(EmbeddedPlatform platform) : ModeSuite(platform)
{
    private string[] Where => ["--url", Platform.Process.Address.ToString(), "--accounts", Path.Combine(Platform.Process.Folder, "demo-accounts.json")];

    [Theory]
    [InlineData(0, "", "list")]
    [InlineData(0, "", "list", "tickets")]
    [InlineData(1, "target.not_found", "list", "nowhere")]
    [InlineData(1, "dead_letter.not_found", "show", "tickets", "01990000-0000-7000-8000-000000000000")]
    [InlineData(1, "request.invalid", "show", "tickets", "x")]
    [InlineData(1, "request.invalid", "discard", "tickets", "x")]
    [InlineData(64, "usage: ./run dead-letters list [TARGET] | show TARGET ID", "show", "tickets")]
    [InlineData(64, "usage: ./run dead-letters list [TARGET] | show TARGET ID", "discard", "tickets")]
    [InlineData(64, "usage: ./run dead-letters list [TARGET] | show TARGET ID", "forget")]
    public async Task Dead_letters_are_asked_for_with_words_and_what_is_wrong_with_them_is_told(int code, string told, params string[] words)
    {
        var run = await RunAsync(["dead-letters", .. words, .. Where]);
        Assert.True(run.Code == code, run.ToString());
        Assert.Equal("", run.Output);
        Assert.Contains(told, run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("replay", "0 replayed")]
    [InlineData("discard", "0 thrown away")]
    public async Task Dead_letters_that_there_are_none_of_are_replayed_and_discarded_as_often_as_there_were(string word, string told)
    {
        var run = await RunAsync(["dead-letters", word, "tickets", "01990000-0000-7000-8000-000000000000", .. Where]);
        Assert.True(run.Code == 0, run.ToString());
        Assert.Equal(told, run.Output.Trim());
    }

    [Fact]
    public async Task Platform_that_does_not_run_has_no_dead_letters_to_list()
    {
        var run = await RunAsync(["dead-letters", "list", "--url", "http://127.0.0.1:1", "--accounts", Where[3]]);
        Assert.True(run.Code == 1, run.ToString());
        Assert.StartsWith("The platform does not answer: ", run.Errors, StringComparison.Ordinal);
        var lost = await RunAsync(["dead-letters", "list", "--url", "http://127.0.0.1:1", "--accounts", "nowhere.json"]);
        Assert.True(lost.Code == 1, lost.ToString());
        Assert.Contains("nowhere.json", lost.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Play_imports_a_knowledge_base_and_asks_the_questions_of_a_file()
    {
        var folder = Directory.CreateTempSubdirectory("relais-play-");
        try
        {
            var (articles, queries) = (Path.Combine(folder.FullName, "kb.json"), Path.Combine(folder.FullName, "queries.tsv"));
            await File.WriteAllTextAsync(articles, new JsonArray(
                new JsonObject { ["title"] = "Réparer un trampoline crevé", ["body"] = "Coudre la toile du trampoline avec un fil de nylon." },
                new JsonObject { ["body"] = "Sans titre." }).ToJsonString(), Stop);
            await File.WriteAllTextAsync(queries, "id\tquery\n1\tComment réparer mon trampoline ?\n", Stop);
            var run = await RunAsync(["play", "--kb", articles, "--queries", queries, .. Where]);
            Assert.True(run.Code == 0, run.ToString());
            Assert.Contains("1 of 2 articles are in", run.Output, StringComparison.Ordinal);
            Assert.Contains("entry 1: ", run.Output, StringComparison.Ordinal);
            Assert.Contains("→ Réparer un trampoline crevé", run.Output, StringComparison.Ordinal);
            Assert.Contains("1 of 1 answered", run.Output, StringComparison.Ordinal);
            Assert.Contains("csat: ", run.Output, StringComparison.Ordinal);

            await File.WriteAllTextAsync(queries, "id\tquestion\n", Stop);
            var wrong = await RunAsync(["play", "--kb", articles, "--queries", queries, .. Where]);
            Assert.True(wrong.Code == 1, wrong.ToString());
            Assert.Equal($"The play stopped: {queries} has no column 'query' in its first line.", wrong.Errors.Trim());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Migrate_makes_every_database_once_and_tells_what_it_lacks()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        var folder = Directory.CreateTempSubdirectory("relais-migrate-");
        try
        {
            await using var server = await PostgresServer.StartAsync(folder.FullName, new Dictionary<string, string> { ["fsync"] = "off" }, Stop);
            var settings = new Dictionary<string, string> { ["ConnectionStrings__postgres"] = server.ConnectionString };
            var first = await RunAsync(["migrate"], settings);
            Assert.True(first.Code == 0, first.ToString());
            Assert.Matches("(?m)^tickets: applied [0-9]+_Initial, ", first.Output);
            var second = await RunAsync(["migrate"], settings);
            Assert.True(second.Code == 0, second.ToString());
            string[] targets = ["channels", "identity", "knowledge", "routing", "surveys", "tickets"];
            Assert.Equal(targets.Select(target => $"{target}: up to date"), second.Output.Trim().Split('\n').Select(line => line.Trim()).Order(StringComparer.Ordinal));

            settings["ConnectionStrings__postgres"] = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = 1 }.ToString();
            foreach (var program in new[] { PlatformProcess.AppHost, Path.Combine(Path.GetDirectoryName(PlatformProcess.AppHost)!, "Relais.Tickets.dll") })
            {
                var away = await FinishedProgram.RunAsync(program, ["migrate"], settings, Stop);
                Assert.True((away.Code, away.Output, away.Errors.Trim()) == (1, "", "Failed to connect to 127.0.0.1:1"), away.ToString());
            }

            var unnamed = await RunAsync(["migrate"]);
            Assert.True(unnamed.Code == 78, unnamed.ToString());
            Assert.Contains("ConnectionStrings:tickets", unnamed.Errors, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<FinishedProgram> RunAsync(string[] words, IReadOnlyDictionary<string, string>? environment = null) =>
        FinishedProgram.RunAsync(PlatformProcess.AppHost, words, environment, Stop);
}
