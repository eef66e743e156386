using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Simulation;

namespace Relais.Benchmarks.Routing;

/// <summary>Drives the engine on a virtual clock and prints figures with their 95% intervals.</summary>
internal static class SimulateCommand
{
    public static int Run(CommandLine options)
    {
        var scenario = ScenarioOf(options);
        var policies = options.Text("policy", "relais").Split(',').Select(name => (Name: name, Policy: PolicyOf(name, scenario))).ToList();
        var seeds = options.Numbers("seeds", "1..20");
        var json = options.Has("json");
        options.RefuseOthers();

        var printed = new JsonArray();
        foreach (var (index, (name, policy)) in policies.Index())
        {
            var figures = Measure(scenario, policy, seeds);
            if (json) printed.Add(Json(scenario, name, seeds, figures));
            else Print(scenario, name, figures, withHeader: index == 0);
        }

        if (json) Console.WriteLine((printed.Count == 1 ? printed[0]! : printed).ToJsonString(Readable));
        return 0;
    }

    /// <summary>Every figure of a policy over some seeds.</summary>
    public static IReadOnlyDictionary<string, Estimate> Measure(Scenario scenario, RoutingPolicy policy, IEnumerable<int> seeds)
    {
        var runs = seeds.Select(seed => SimulationRun.Of(scenario, policy, seed).Figures()).ToList();
        return runs[0].Keys.ToDictionary(name => name, name => Estimate.Of(runs.Select(run => run[name])), StringComparer.Ordinal);
    }

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    private static Scenario ScenarioOf(CommandLine options)
    {
        switch (options.Text("scenario"))
        {
            case "sbr1":
                return Sbr1.Create(
                    options.Whole("world", 7, 0, int.MaxValue), Choice(options, "profile", "steady", "day"), options.Number("load", .9, .01, 2),
                    Choice(options, "curves", "steep", "flat"));
            case "wallace-whitt":
                return WallaceWhitt.Create(options.Whole("skills", 2, 1, 6), options.Number("load", 84, .1, 1000), options.Number("minutes", 60_000, 1_000, 1e7));
            case "bank":
                using (var calls = Open(options.Text("calls"))) return BankLog.Read(calls).Scenario();
            case var file:
                using (var reader = Open(file))
                {
                    var (scenario, problems) = ScenarioFile.Read(reader.ReadToEnd(), PolicyFile.Json);
                    return scenario ?? throw PolicyFile.Wrong(file, problems);
                }
        }
    }

    private static RoutingPolicy PolicyOf(string name, Scenario scenario)
    {
        if (MatchingRules.Named(name) is { } rule) return SimulationRun.PolicyOf(rule);
        if (scenario.Policies.TryGetValue(name, out var written)) return SimulationRun.PolicyOf(written);
        if (!name.EndsWith(".json", StringComparison.Ordinal))
            throw new CommandLineException($"There is no policy {name}; there are {string.Join(", ", MatchingRules.Names.Concat(scenario.Policies.Keys))}, or a file .json.");
        using var reader = Open(name);
        var (policy, problems) = ScenarioPolicy.Read(reader.ReadToEnd(), scenario.Experts, PolicyFile.Json);
        return SimulationRun.PolicyOf(policy ?? throw PolicyFile.Wrong(name, problems));
    }

    // Whether the second of two words was chosen; the first stands where none was.
    private static bool Choice(CommandLine options, string name, string first, string second)
    {
        var chosen = options.Text(name, first);
        return chosen == second || (chosen == first ? false : throw new CommandLineException($"--{name} is {first} or {second}, not {chosen}."));
    }

    public static StreamReader Open(string file) =>
        File.Exists(file) ? new StreamReader(file) : throw new CommandLineException($"There is no file {file}.");

    private static JsonObject Json(Scenario scenario, string policy, IReadOnlyList<int> seeds, IReadOnlyDictionary<string, Estimate> figures)
    {
        var metrics = new JsonObject();
        foreach (var (name, estimate) in figures) metrics[name] = new JsonObject { ["mean"] = Finite(estimate.Mean), ["halfWidth"] = Finite(estimate.HalfWidth) };
        return new JsonObject { ["policy"] = policy, ["scenario"] = scenario.Name, ["seeds"] = new JsonArray([.. seeds.Select(seed => (JsonNode)seed)]), ["metrics"] = metrics };
    }

    // JSON has no word for a figure that nothing was measured for.
    private static JsonNode? Finite(double value) => double.IsFinite(value) ? Math.Round(value, 6) : null;

    private static string Cell(Estimate estimate, string format) =>
        $"{estimate.Mean.ToString(format, CultureInfo.InvariantCulture),10} ±{estimate.HalfWidth.ToString(format, CultureInfo.InvariantCulture),-5}";

    private static void Print(Scenario scenario, string policy, IReadOnlyDictionary<string, Estimate> figures, bool withHeader)
    {
        if (withHeader)
        {
            Console.WriteLine($"# {scenario.Name}: shares in %, waits in s, ± half-width at 95%");
            Console.WriteLine($"{"policy",-14}{string.Concat(figures.Keys.Select(name => name.PadLeft(17)))}");
        }

        var line = string.Concat(figures.Select(figure => Cell(figure.Value, figure.Key == "gini" ? "0.000" : "0.00")));
        Console.WriteLine($"{policy,-14}{line}");
    }
}
