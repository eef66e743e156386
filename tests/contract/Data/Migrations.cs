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
        await AskAsync(connection, "INSERT INTO \"__EFMigrationsHistory\" VALUES ('29990101000000_Later', '99')");
        await using var target = await StartAsync(connection);
    }

    [Fact]
    public async Task Migrate_has_long_texts_compressed_by_lz4_where_the_database_is_its_own()
    {
        var own = await Postgres.NewDatabaseAsync();
        await Postgres.MigrateAsync("tickets", own);
        Assert.Equal("lz4", await AskAsync(own, "SHOW default_toast_compression"));

        var (foreign, account) = (await Postgres.NewDatabaseAsync(), "guest_" + Guid.NewGuid().ToString("N"));
        var database = new NpgsqlConnectionStringBuilder(foreign).Database;
        await AskAsync(foreign, $"CREATE ROLE {account} LOGIN PASSWORD '{account}'; GRANT ALL ON DATABASE \"{database}\" TO {account}; GRANT ALL ON SCHEMA public TO {account}");
        try
        {
            Assert.NotEmpty(await Postgres.MigrateAsync("tickets", new NpgsqlConnectionStringBuilder(foreign) { Username = account, Password = account }.ToString()));
            Assert.Equal("pglz", await AskAsync(foreign, "SHOW default_toast_compression"));
        }
        finally
        {
            await AskAsync(foreign, $"DROP OWNED BY {account}; DROP ROLE {account}");
        }
    }

    private static async Task<object?> AskAsync(string connection, string sql)
    {
        // A session of its own: what is set for a database counts for those that begin after it.
        await using var database = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ToString());
        await database.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, database);
        return await command.ExecuteScalarAsync(Stop);
    }

    private static Task<LoneTarget> StartAsync(string connection) =>
        LoneTarget.StartAsync(() => new TicketsTarget(), new Dictionary<string, string?> { ["ConnectionStrings:tickets"] = connection });
}
