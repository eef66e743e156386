using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;

namespace Relais.Common.Hosting;

/// <summary>
/// Brings a target's database to this version: what a deployment does before it starts the version's services. Any number
/// of calls at the same time do it once.
/// </summary>
public static class TargetMigration
{
    /// <summary>The command line's word for it.</summary>
    public const string Command = "migrate";

    /// <param name="settings">Configuration that goes before files, environment and arguments.</param>
    /// <param name="problems">Takes what is wrong with the configuration of the database; then nothing is done.</param>
    /// <returns>The migrations that this call applied.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        ServiceTarget target, string[] args, IConfiguration? settings, ICollection<(string Target, string Problem)> problems, CancellationToken cancellationToken)
    {
        var builder = TargetHost.CreateBuilder(target, args, settings);
        // EF Core tries for the history table before it makes it; what fails for good comes as an exception.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None);
        builder.Services.AddSingleton(new TargetIdentity(target.Name));
        target.Configure(builder);
        // Whoever migrates needs no secrets but the database's.
        var relevant = ConfigurationReport.Of(builder).Lines
            .Where(line => line.StartsWith("ConnectionStrings:", StringComparison.Ordinal) || line.StartsWith(DatabaseOptions.Section + ":", StringComparison.Ordinal)).ToList();
        if (relevant.Count > 0)
        {
            foreach (var line in relevant)
                problems.Add((target.Name, line));
            return [];
        }

        await using var app = builder.Build();
        return app.Services.GetService<IDatabase>() is { } database ? await database.MigrateAsync(cancellationToken) : [];
    }

    /// <summary>What was done, for people.</summary>
    public static string Describe(string target, IReadOnlyList<string> applied) =>
        applied.Count == 0 ? $"{target}: up to date" : $"{target}: applied {string.Join(", ", applied)}";
}
