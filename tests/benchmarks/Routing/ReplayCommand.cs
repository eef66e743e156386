using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Relais.Routing;
using Relais.Routing.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Rules;
using Relais.Routing.Features.Policies;
using Relais.Routing.Simulation;

namespace Relais.Benchmarks.Routing;

/// <summary>
/// Routes a tenant's own matters of the last days again, by what is active and under other policies beside it, as a policy's
/// dry run does. It reads routing's database and changes nothing.
/// </summary>
internal static class ReplayCommand
{
    private const string Active = "active";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    public static async Task RunAsync(CommandLine options)
    {
        var (database, tenant) = (options.Text("database"), options.Text("tenant"));
        var days = options.Whole("days", 30, 1, 3_650);
        var most = options.Whole("most", 20_000, 1, 10_000_000);
        var names = options.Text("policy", "relais").Split(',');
        var json = options.Has("json");
        options.RefuseOthers();

        await using var db = Open(database, tenant);
        var (books, experts, matters) = await ReadAsync(db, names, DateTimeOffset.UtcNow.AddDays(-days), most);
        if (matters.Count == 0) throw new FormatException($"No matter of the tenant {tenant} came in the last {days} days.");
        var rows = books.ConvertAll(one => (one.Name, Figures: HistoryReplay.Of(one.Book, experts, matters, CancellationToken.None)));
        if (json) Console.WriteLine(Json(tenant, matters.Count, rows).ToJsonString(Readable));
        else Print(tenant, matters.Count, days, rows);
    }

    private static RoutingDb Open(string database, string tenant)
    {
        if (File.Exists(database))
            return new SqliteRoutingDb(new DbContextOptionsBuilder<SqliteRoutingDb>().UseSqlite($"Data Source={database};Mode=ReadOnly").Options) { TenantId = tenant };
        if (!database.Contains('=', StringComparison.Ordinal))
            throw new CommandLineException($"--database is routing's: a file of SQLite, or a connection string of PostgreSQL. There is no file {database}.");
        return new PostgresRoutingDb(new DbContextOptionsBuilder<PostgresRoutingDb>().UseNpgsql(database).Options) { TenantId = tenant };
    }

    private static async Task<(List<(string Name, RoutingBook Book)> Books, IReadOnlyList<ExpertProfile> Experts, IReadOnlyList<PastMatter> Matters)> ReadAsync(
        RoutingDb db, IReadOnlyList<string> names, DateTimeOffset since, int most)
    {
        try
        {
            var active = await Reader(db, new RoutingOptions()).BookAsync(CancellationToken.None);
            var books = new List<(string Name, RoutingBook Book)> { (Active, active) };
            foreach (var name in names) books.Add((name, await UnderAsync(name, active, db)));
            return (
                books.ConvertAll(one => (one.Name, one.Book.WithoutPauses())), await Reader(db, new RoutingOptions()).ExpertsOfPastAsync(active, CancellationToken.None),
                await new HistoryReader(db).ReadAsync(active, since, most, CancellationToken.None));
        }
        catch (Exception failure) when ((failure as DbException ?? failure.InnerException as DbException) is { } told)
        {
            throw new FormatException($"Routing's database cannot be read: {told.Message}");
        }
    }

    private static PolicyReader Reader(RoutingDb db, RoutingOptions options) => new(db, options, TimeProvider.System);

    /// <summary>The tenant's book with another rule and all else as it is, or with another policy for the group that every matter is in that no other has.</summary>
    private static async Task<RoutingBook> UnderAsync(string name, RoutingBook active, RoutingDb db)
    {
        if (MatchingRules.Named(name) is not null)
        {
            var book = await Reader(db, new RoutingOptions { Rule = name }).BookAsync(CancellationToken.None);
            return book.Policies.FirstOrDefault(policy => policy.Group == PolicyDefinition.DefaultGroup) is { } own ? book.With(own with { Definition = own.Definition with { Rule = name } }) : book;
        }

        if (!name.EndsWith(".json", StringComparison.Ordinal))
            throw new CommandLineException($"There is no policy {name}; there are {string.Join(", ", MatchingRules.Names)}, or a file .json.");
        using var reader = SimulateCommand.Open(name);
        var (policy, problems) = ScenarioPolicy.Read(reader.ReadToEnd(), active, PolicyFile.Json);
        return active.With(new GroupPolicy(PolicyDefinition.DefaultGroup, policy ?? throw PolicyFile.Wrong(name, problems)));
    }

    private static JsonObject Json(string tenant, int matters, List<(string Name, IReadOnlyDictionary<string, double> Figures)> rows) => new()
    {
        ["tenant"] = tenant,
        ["matters"] = matters,
        ["policies"] = new JsonArray([.. rows.Select(row => new JsonObject
        {
            ["policy"] = row.Name,
            ["metrics"] = new JsonObject(row.Figures.Select(figure => KeyValuePair.Create(figure.Key, (JsonNode?)Math.Round(figure.Value, 6)))),
        })]),
    };

    private static void Print(string tenant, int matters, int days, List<(string Name, IReadOnlyDictionary<string, double> Figures)> rows)
    {
        Console.WriteLine($"# {tenant}: {matters} matters of the last {days} days; shares in %, waits in s");
        var names = rows.SelectMany(row => row.Figures.Keys).Distinct().ToList();
        Console.WriteLine($"{"policy",-24}{string.Concat(names.Select(name => name.PadLeft(12)))}");
        foreach (var (name, figures) in rows)
        {
            var cells = names.Select(figure => figures.TryGetValue(figure, out var value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "-");
            Console.WriteLine($"{name,-24}{string.Concat(cells.Select(cell => cell.PadLeft(12)))}");
        }
    }
}
