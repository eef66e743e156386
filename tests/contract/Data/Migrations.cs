using Microsoft.EntityFrameworkCore;
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

    [Fact]
    public async Task Migration_that_waits_for_a_table_lets_writers_pass_and_goes_on_when_it_is_free()
    {
        var connection = await Postgres.NewDatabaseAsync();
        await using (var first = TempDatabase.Create("Tickets", "Postgres", connection))
            await first.Database.MigrateAsync("Initial", Stop);
        await using var busy = new NpgsqlConnection(connection);
        await busy.OpenAsync(Stop);
        await using var transaction = await busy.BeginTransactionAsync(Stop);
        await new NpgsqlCommand("LOCK TABLE outbox IN ROW EXCLUSIVE MODE", busy, transaction).ExecuteNonQueryAsync(Stop);
        var migrating = Task.Run(() => Postgres.MigrateAsync("tickets", connection), Stop);
        await UntilAsync(async () => (long)(await AskAsync(connection, "SELECT count(*) FROM pg_locks WHERE relation = 'outbox'::regclass AND NOT granted"))! > 0, "the migration waits");

        await AskAsync(connection, "SET statement_timeout = '10s'; BEGIN; LOCK TABLE outbox IN ROW EXCLUSIVE MODE; COMMIT");
        Assert.False(migrating.IsCompleted);
        await transaction.RollbackAsync(Stop);
        Assert.NotEmpty(await migrating);
        Assert.Empty(await Postgres.MigrateAsync("tickets", connection));
    }

    /// <summary>It waits for every statement in the database, also for those of who waits to migrate.</summary>
    [Fact]
    public async Task Index_is_made_concurrently_once_by_many_calls_also_where_an_earlier_one_was_cut_off()
    {
        var connection = await Postgres.NewDatabaseAsync();
        await AskAsync(connection,
            "CREATE TABLE things (\"Id\" integer NOT NULL); INSERT INTO things VALUES (1), (1); CREATE TABLE \"__EFMigrationsHistory\" (\"MigrationId\" varchar(150) PRIMARY KEY, \"ProductVersion\" varchar(32) NOT NULL)");
        await Assert.ThrowsAsync<PostgresException>(() => AskAsync(connection, "CREATE UNIQUE INDEX CONCURRENTLY ix_things ON things (\"Id\")"));
        Assert.Equal(false, await AskAsync(connection, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_things'::regclass"));

        var calls = Enumerable.Range(0, 4).Select(_ => Task.Run(() => Postgres.MigrateAsync(new IndexedTarget(), connection)));
        var applied = await Task.WhenAll(calls).WaitAsync(TimeSpan.FromSeconds(60), Stop);
        Assert.Equal("20260101000000_IndexThings", Assert.Single(Assert.Single(applied, migrations => migrations.Count > 0)));
        Assert.Equal(true, await AskAsync(connection, "SELECT indisvalid AND NOT indisunique FROM pg_index WHERE indexrelid = 'ix_things'::regclass"));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(50, Stop);
        }

        Assert.Fail($"Not within 30 s: {what}.");
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
