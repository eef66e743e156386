using Npgsql;
using Relais.AppHost.Local;
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
    private string? folder;

    public Postgres() => server = new(StartAsync);

    /// <summary>The connection string of an empty database; skips the test where PostgreSQL is not installed.</summary>
    public static async Task<string> NewDatabaseAsync()
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        var postgres = await (await TestContext.Current.GetFixture<Postgres>())!.server.Value;
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(postgres.ConnectionTo("postgres"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return new NpgsqlConnectionStringBuilder(postgres.ConnectionTo(name)) { MaxPoolSize = 20 }.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (folder is null)
            return;
        NpgsqlConnection.ClearAllPools();
        await (await server.Value).KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private Task<PostgresServer> StartAsync()
    {
        folder = Directory.CreateTempSubdirectory("relais-postgres-").FullName;
        return PostgresServer.StartAsync(folder, Settings);
    }
}
