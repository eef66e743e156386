using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;

namespace Relais.Benchmarks.Routing;

/// <summary>
/// How many decisions one core makes, in process: routing's engine beside the rules of others, in the same world. A decision
/// is an item that gets an expert or is told to wait, when it comes, when an expert becomes free or when it has waited until
/// its next phase, in which it accepts others; acceptances, completions and the recording of the decision are in the time,
/// the database is not.
/// </summary>
internal static class RoutingSpeed
{
    public static int Run(CommandLine options)
    {
        var (experts, waiting) = (options.Whole("experts", 50_000, 10, 1_000_000), options.Whole("waiting", 100_000, 0, 1_000_000));
        var classes = options.Whole("classes", 5_000, 2, 20_000);
        var decisions = options.Whole("decisions", 400_000, 1_000, 100_000_000);
        var recorded = options.Whole("recorded", 3, 0, 1_000);
        var rules = options.Text("policy", "relais").Split(',');
        var (alone, json) = (options.Has("alone"), options.Has("json"));
        options.RefuseOthers();
        // One core for everything, the collector included.
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows()) Process.GetCurrentProcess().ProcessorAffinity = 1;
        var reference = Reference(experts, classes, decisions);
        var rows = new List<Row>();
        foreach (var rule in rules)
        {
            var policy = new RoutingPolicy
            {
                Rule = MatchingRules.Named(rule) ?? throw new CommandLineException($"There is no policy {rule}: {string.Join(", ", MatchingRules.Names)}."),
                Relaxation = RelaxationPlan.None,
                RecordedExperts = recorded,
                AcceptsAtOnce = true,
            };
            rows.Add(Measure(new EngineUnderTest(rule, policy), experts, waiting, classes, decisions));
        }

        if (!alone)
        {
            foreach (var baseline in RoutingSpeedBaselines.All(new RoutingSpeedWorld(experts, classes)))
                rows.Add(Measure(baseline, experts, waiting, classes, Math.Max(400, decisions / baseline.Slowness)));
        }

        Print(rows, reference, json);
        return 0;
    }

    private static Row Reference(int experts, int classes, int searches)
    {
        var before = Memory();
        var search = new BareSearch(new RoutingSpeedWorld(experts, classes));
        var memory = Memory() - before;
        search.Run(searches / 4);
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var (seconds, times) = search.Run(searches);
        var used = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds;
        return new Row(
            "bare search (reference)", times.Count / seconds, times.Count / used, times.Count / seconds, Figures.Percentile(times, .5), Figures.Percentile(times, .99), times[^1], memory, 0, search.FreeExperts,
            "best level, then longest idle, of who is free; nothing waits, is held back or recorded");
    }

    private static Row Measure(IRoutingUnderTest subject, int experts, int waiting, int classes, int decisions)
    {
        var before = Memory();
        var run = new RoutingSpeedRun(subject, new RoutingSpeedWorld(experts, classes), waiting);
        run.Fill();
        var memory = Memory() - before;
        run.Turn(decisions / 4);
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var (seconds, times, ofPhases) = run.Turn(decisions);
        var used = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds;
        return new Row(
            subject.Name, times.Count / seconds, times.Count / used, (times.Count - ofPhases) / seconds, Figures.Percentile(times, .5), Figures.Percentile(times, .99), times[^1], memory, subject.Waiting, subject.Free,
            subject.Note);
    }

    private static double Memory()
    {
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true) / 1e6;
    }

    private static void Print(List<Row> rows, Row reference, bool json)
    {
        if (json)
        {
            var answer = Json(rows[0]);
            answer["ratioToReference"] = Math.Round(rows[0].PerSecond / reference.PerSecond, 3);
            answer["reference"] = Json(reference);
            answer["baselines"] = new JsonArray([.. rows.Skip(1).Select(Json)]);
            Console.WriteLine(answer.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            return;
        }

        Console.WriteLine($"{"rule",-26}{"decisions/s",14}{"per CPU s",12}{"no phases/s",13}{"ratio",8}{"p50 µs",10}{"p99 µs",10}{"max ms",10}{"MB",8}{"waiting",10}{"free",8}");
        foreach (var row in rows.Prepend(reference))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Name,-26}{row.PerSecond,14:0}{row.PerProcessorSecond,12:0}{row.WithoutPhases,13:0}{row.PerSecond / reference.PerSecond,8:0.000}{row.P50,10:0.00}{row.P99,10:0.00}{row.Longest / 1000,10:0.0}{row.Memory,8:0}{row.Waiting,10}{row.Free,8}  {row.Note}"));
        }
    }

    private static JsonObject Json(Row row) => new()
    {
        ["rule"] = row.Name,
        ["decisionsPerSecond"] = Math.Round(row.PerSecond),
        ["decisionsPerProcessorSecond"] = Math.Round(row.PerProcessorSecond),
        ["withoutPhasesPerSecond"] = Math.Round(row.WithoutPhases),
        ["p50Micros"] = Math.Round(row.P50, 2),
        ["p99Micros"] = Math.Round(row.P99, 2),
        ["maxMicros"] = Math.Round(row.Longest, 1),
        ["memoryMegabytes"] = Math.Round(row.Memory),
        ["waiting"] = row.Waiting,
        ["free"] = row.Free,
        ["note"] = row.Note,
    };

    private sealed record Row(
        string Name, double PerSecond, double PerProcessorSecond, double WithoutPhases, double P50, double P99, double Longest, double Memory, int Waiting, int Free, string Note);
}
