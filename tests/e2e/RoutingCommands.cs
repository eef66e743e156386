using System.Reflection;
using System.Text.Json.Nodes;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>The commands that look at routing with somebody's own figures, as they are typed.</summary>
public sealed class RoutingCommands : IDisposable
{
    private const string Scenario = """
        {
          "name": "small", "endSeconds": 7200,
          "experts": [{ "name": "Ana", "count": 3, "skills": { "billing": 5 }, "languages": { "fr": 5 } }],
          "channels": { "voice": { "handle": { "meanSeconds": 240 }, "patience": { "meanSeconds": 120 }, "targetSeconds": { "VIP": 20, "STANDARD": 60 } } },
          "tiers": { "VIP": 0.5, "STANDARD": 0.5 },
          "classes": [{ "name": "bill", "skills": [{ "skill": "billing", "minimumLevel": 2 }], "language": "fr" }],
          "arrivals": { "perHour": [30, 30] }
        }
        """;

    private const string LogHeader = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver";

    private static readonly string Benchmarks = typeof(RoutingCommands).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(entry => entry.Key == "Benchmarks").Value!;

    private static readonly string[] Metrics =
        ["abandoned", "blocked", "fcr", "gini", "good", "match", "occupancy", "sla", "vipVoiceSla", "voiceWaitMean", "voiceWaitP95", "waitMean"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("relais-routing-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Simulate_prints_every_figure_with_its_half_width()
    {
        var file = Write("small.json", Scenario);
        var one = (await JsonAsync("simulate", "--scenario", file, "--seeds", "1..3", "--json")).AsObject();
        Check(one, "relais");
        Assert.InRange((double)one["metrics"]!["occupancy"]!["mean"]!, 1, 100);
        var two = (await JsonAsync("simulate", "--scenario", file, "--policy", "best-skilled,longest-idle", "--seeds", "1..3", "--json")).AsArray();
        Check(two[0]!.AsObject(), "best-skilled");
        Check(two[1]!.AsObject(), "longest-idle");

        static void Check(JsonObject answer, string policy)
        {
            Assert.Equal(["policy", "scenario", "seeds", "metrics"], answer.Select(field => field.Key));
            Assert.Equal((policy, "small", "[1,2,3]"), ((string)answer["policy"]!, (string)answer["scenario"]!, answer["seeds"]!.ToJsonString()));
            Assert.Equal(Metrics, answer["metrics"]!.AsObject().Select(metric => metric.Key).Order(StringComparer.Ordinal));
            Assert.All(answer["metrics"]!.AsObject(), metric => Assert.Equal(["mean", "halfWidth"], metric.Value!.AsObject().Select(field => field.Key)));
        }
    }

    [Fact]
    public async Task Forecast_prints_the_experts_that_each_hour_needs()
    {
        var answer = await JsonAsync("forecast", "--per-hour", "0,60,120", "--handle", "300", "--json");
        Assert.Equal((300, 0.8, 20), ((double)answer["handleSeconds"]!, (double)answer["share"]!, (double)answer["withinSeconds"]!));
        Assert.Null(answer["patienceSeconds"]);
        Assert.Equal([1, 2], answer["hours"]!.AsArray().Select(hour => (int)hour!["hour"]!));
        // Five Erlangs and ten, by Erlang C.
        Assert.Equal([8, 14], answer["hours"]!.AsArray().Select(hour => (int)hour!["agents"]!));
        Assert.Equal(["hour", "contacts", "agents", "inTime", "abandoned", "waitMean", "occupancy"], answer["hours"]![0]!.AsObject().Select(field => field.Key));
    }

    [Fact]
    public async Task Forecast_of_a_call_log_tells_workdays_by_their_dates()
    {
        // A Thursday at nine, and the Friday after it at ten.
        var file = Write("calls.tsv", $"{LogHeader}\n{Call("990204", 9)}\n{Call("990205", 10)}\n");
        Assert.Equal([9], Hours(await JsonAsync("forecast", "--calls", file, "--json")));
        Assert.Equal([10], Hours(await JsonAsync("forecast", "--calls", file, "--days", "weekend", "--json")));

        var thursday = Write("thursday.tsv", $"{LogHeader}\n{Call("990204", 9)}\n");
        var run = await RunAsync("forecast", "--calls", thursday, "--days", "weekend");
        Assert.True((run.Code, run.Errors.Trim()) == (65, "The call log holds no call for --days weekend."), run.ToString());

        static IEnumerable<int> Hours(JsonNode answer) => answer["hours"]!.AsArray().Select(hour => (int)hour!["hour"]!);

        static string Call(string date, int hour) =>
            $"A\t1\t0\t0\tPS\t{date}\t{hour}:00:00\t{hour}:00:10\t10\t{hour}:00:10\t{hour}:00:40\t30\tAGENT\t{hour}:00:40\t{hour}:03:40\t180\tANN";
    }

    [Fact]
    public async Task Speed_prints_decisions_and_memory_beside_baselines()
    {
        var answer = await JsonAsync("speed", "--experts", "50", "--waiting", "20", "--classes", "5", "--decisions", "1000", "--json");
        Check(answer);
        Assert.Equal("relais", (string)answer["rule"]!);
        Check(answer["reference"]!);
        Assert.True((double)answer["ratioToReference"]! > 0, answer.ToJsonString());
        Assert.NotEmpty(answer["baselines"]!.AsArray());
        Assert.All(answer["baselines"]!.AsArray(), baseline => Check(baseline!));

        static void Check(JsonNode row)
        {
            foreach (var figure in new[] { "decisionsPerSecond", "p50Micros", "p99Micros" })
                Assert.True((double)row[figure]! > 0, row.ToJsonString());
            Assert.NotNull(row["memoryMegabytes"]);
        }
    }

    [Theory]
    [InlineData("routing needs a command.")]
    [InlineData("routing has no command guess.", "guess")]
    [InlineData("--bogus is not an option here.", "forecast", "--per-hour", "60", "--bogus")]
    [InlineData("There is no file nowhere.json.", "simulate", "--scenario", "nowhere.json")]
    [InlineData("There is no policy nobody; there are ", "simulate", "--scenario", "wallace-whitt", "--policy", "nobody")]
    [InlineData("--seeds is a number, a range such as 1..20, or a list of them, not 3..1.", "simulate", "--scenario", "wallace-whitt", "--seeds", "3..1")]
    [InlineData("--database needs a value.", "replay", "--tenant", "demo")]
    [InlineData("--database is routing's: a file of SQLite, or a connection string of PostgreSQL. There is no file nowhere.db.", "replay", "--database", "nowhere.db", "--tenant", "demo")]
    [InlineData("--days is workdays or weekend, not holidays.", "forecast", "--calls", "nowhere.tsv", "--days", "holidays")]
    [InlineData("--experts is a number from 10 to 1000000, not 1.", "speed", "--experts", "1")]
    public async Task What_was_typed_wrong_is_told_with_the_options_that_there_are(string told, params string[] words)
    {
        var run = await RunAsync(words);
        Assert.True(run.Code == 64, run.ToString());
        Assert.Equal("", run.Output);
        Assert.StartsWith(told, run.Errors, StringComparison.Ordinal);
        Assert.Contains("routing simulate --scenario FILE.json|sbr1|wallace-whitt|bank", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_with_its_places()
    {
        var run = await RunAsync("simulate", "--scenario", Write("wrong.json", Scenario.Replace("\"billing\": 5", "\"billing\": 6", StringComparison.Ordinal)));
        Assert.True(run.Code == 65, run.ToString());
        Assert.Contains("experts[0].skills.billing: is a number from 0 to 5", run.Errors, StringComparison.Ordinal);
        var log = await RunAsync("simulate", "--scenario", "bank", "--calls", Write("empty.tsv", LogHeader + "\n"));
        Assert.True((log.Code, log.Errors.Trim()) == (65, "The call log holds no answered call."), log.ToString());
        var away = await RunAsync("replay", "--database", "Host=127.0.0.1;Port=1", "--tenant", "demo");
        Assert.True(away.Code == 65, away.ToString());
        Assert.StartsWith("Routing's database cannot be read: ", away.Errors, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(folder.FullName, name);
        File.WriteAllText(file, text);
        return file;
    }

    internal static async Task<JsonNode> JsonAsync(params string[] words)
    {
        var run = await RunAsync(words);
        Assert.True(run.Code == 0, run.ToString());
        return JsonNode.Parse(run.Output)!;
    }

    internal static Task<FinishedProgram> RunAsync(params string[] words) =>
        FinishedProgram.RunAsync(Benchmarks, words.Prepend("routing"), environment: null, TestContext.Current.CancellationToken);
}
