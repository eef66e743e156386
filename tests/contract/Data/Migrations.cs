using Npgsql;
using Relais.Common.Data;
using Relais.Contract.Hosting;
using Relais.Tickets;

namespace Relais.Contract.Data;

/// <summary>Databases are brought to a version by a command, once, before its services start.</summary>
public sealed class Migrations
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrate_called_by_many_at_once_makes_the_database_and_applies_each_migration_once()
    {
        // A database that is not there yet.
        var connection = new NpgsqlConnectionStringBuilder(await Postgres.NewDatabaseAsync()) { Database = "new_" + Guid.NewGuid().ToString("N") }.ToString();
        var applied = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Postgres.MigrateAsync("tickets", connection))));
        Assert.Single(applied, migrations => migrations.Count > 0);
        Assert.Empty(await Postgres.MigrateAsync("tickets", connection));
        await using var target = await StartAsync(connection);
    }

    [Fact]
    public async Task Service_on_an_older_schema_does_not_start_and_says_what_to_do()
    {
        var connection = await Postgres.NewDatabaseAsync();
        var refusal = await Assert.ThrowsAsync<SchemaBehindException>(() => StartAsync(connection));
        Assert.Contains("Initial", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'migrate'", refusal.Message, StringComparison.Ordinal);
        var missing = new NpgsqlConnectionStringBuilder(connection) { Database = "nowhere" }.ToString();
        Assert.Contains("nowhere", (await Assert.ThrowsAsync<SchemaBehindException>(() => StartAsync(missing))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_on_a_newer_schema_starts()
    {
        var connection = await Postgres.NewDatabaseAsync("tickets");
        await using (var database = new NpgsqlConnection(connection))
        {
            await database.OpenAsync(Stop);
            await using var later = new NpgsqlCommand("INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Later', '99')", database);
            await later.ExecuteNonQueryAsync(Stop);
        }

        await using var target = await StartAsync(connection);
    }

    private static Task<LoneTarget> StartAsync(string connection) =>
        LoneTarget.StartAsync(() => new TicketsTarget(), new Dictionary<string, string?> { ["ConnectionStrings:tickets"] = connection });
}
