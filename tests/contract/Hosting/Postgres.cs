using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Relais.AppHost;
using Relais.AppHost.Local;
using Relais.Common.Hosting;
using Relais.Contract.Hosting;

[assembly: AssemblyFixture(typeof(Postgres))]

namespace Relais.Contract.Hosting;

/// <summary>A PostgreSQL of the tests' own, started when the first test asks for it.</summary>
public sealed class Postgres : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        // What the tests write may be lost with the machine.
        ["fsync"] = "off",
        ["max_connections"] = "300",
    };

    private readonly Lazy<Task<PostgresServer>> server;
    private readonly ConcurrentDictionary<string, Lazy<Task>> templates = new(StringComparer.Ordinal);
    private string? folder;

    public Postgres() => server = new(StartAsync);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The connection string of an empty database; skips the test where PostgreSQL is not installed.</summary>
    public static async Task<string> NewDatabaseAsync() => await (await FindAsync()).CreateAsync("template0");

    /// <summary>The connection string of a new database with a target's tables; skips the test where PostgreSQL is not installed.</summary>
    public static async Task<string> NewDatabaseAsync(string target)
    {
        var postgres = await FindAsync();
        await postgres.templates.GetOrAdd(target, name => new(() => postgres.MakeTemplateAsync(name))).Value;
        return await postgres.CreateAsync("template_" + target);
    }

    /// <summary>Brings a target's database to this version, as the command does.</summary>
    /// <returns>The migrations that this call applied.</returns>
    public static Task<IReadOnlyList<string>> MigrateAsync(string target, string connection) =>
        MigrateAsync(Targets.All.Single(found => found.Name == target), connection);

    /// <inheritdoc cref="MigrateAsync(string, string)"/>
    public static async Task<IReadOnlyList<string>> MigrateAsync(ServiceTarget target, string connection)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:" + target.Name, connection)]).Build();
        var problems = new List<(string, string)>();
        var applied = await TargetMigration.RunAsync(target, [], settings, problems, CancellationToken.None);
        Assert.Empty(problems);
        return applied;
    }

    public async ValueTask DisposeAsync()
    {
        if (folder is null)
            return;
        NpgsqlConnection.ClearAllPools();
        await (await server.Value).KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<Postgres> FindAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        return (await TestContext.Current.GetFixture<Postgres>())!;
    }

    private async Task<string> CreateAsync(string template)
    {
        var postgres = await server.Value;
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(postgres.ConnectionTo("postgres"));
        await connection.OpenAsync(Stop);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {template}", connection);
        await create.ExecuteNonQueryAsync(Stop);
        return postgres.ConnectionTo(name);
    }

    private async Task MakeTemplateAsync(string target) => await MigrateAsync(target, (await server.Value).ConnectionTo("template_" + target));

    private Task<PostgresServer> StartAsync()
    {
        folder = Directory.CreateTempSubdirectory("relais-postgres-").FullName;
        return PostgresServer.StartAsync(folder, Settings);
    }
}
