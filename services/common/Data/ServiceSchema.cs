using System.Data;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Relais.Common.Data;

/// <summary>The target's database as hosting sees it.</summary>
internal interface IDatabase
{
    /// <summary>
    /// Makes sure that the schema is at least this version's. SQLite, which one process uses alone, is brought to it;
    /// PostgreSQL must have been, by <see cref="MigrateAsync"/>, and is waited for while it does not answer.
    /// </summary>
    /// <exception cref="SchemaBehindException">The schema is older; the message says what to do.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Creates the database where it is missing and brings its schema to this version, once however many ask at the same
    /// time; does nothing, quickly, when it is.
    /// </summary>
    /// <returns>The migrations that this call applied.</returns>
    /// <exception cref="SchemaLockedException">Others kept what a migration changes; the message says what to do.</exception>
    Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Whether it answers, on a connection that the target has; where all of them are in use it is taken to.</summary>
    Task<bool> IsReachableAsync(CancellationToken cancellationToken);
}

/// <summary>A service was started before its database was brought to its version.</summary>
public sealed class SchemaBehindException(string message) : Exception(message);

/// <summary>A migration did not get a table that it changes, since long transactions of others kept it.</summary>
public sealed class SchemaLockedException(string message, Exception cause) : Exception(message, cause);

internal sealed partial class ServiceSchema<TDb>(
    IServiceProvider services, DatabaseConnection database, DatabaseOptions options, ILogger<ServiceSchema<TDb>> log) : IDatabase
    where TDb : ServiceDb
{
    // Any number will do that no other user of advisory locks in the same database has.
    private const long MigrationLock = 0x52656c616973;

    private const string CreatedConcurrently = "Npgsql:CreatedConcurrently";

    // While a migration waits for a table, whoever comes to the table after it waits too: not for as long as a call lasts.
    private const string LongestLockWait = "2s";

    private const int MostLockAttempts = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(200);

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            await using var db = services.CreateUnscoped<TDb>();
            try
            {
                if (db.Database.IsSqlite())
                    await MigrateSqliteAsync(db, cancellationToken);
                else
                    await VerifyAsync(db, cancellationToken);
                return;
            }
            catch (Exception failure) when (DatabaseTroubles.Of(failure) == DatabaseTrouble.Away && Stopwatch.GetElapsedTime(began) < options.StartPatience)
            {
                // Services and their database start at the same time in many places.
                LogWaiting(failure.Message);
                await Task.Delay(PatientReads.PauseBefore(attempt + 1), cancellationToken);
            }
        }
    }

    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<TDb>();
        if (db.Database.IsSqlite())
            return await MigrateSqliteAsync(db, cancellationToken);
        await using var connection = await OpenOrCreateAsync(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }, cancellationToken);
        await TakeTurnAsync(connection, cancellationToken);
        var missing = await MissingAsync(db, cancellationToken);
        foreach (var migration in missing)
            await ApplyAsync(connection, migration, cancellationToken);
        if (missing.Count > 0)
            await CompressFastAsync(connection, cancellationToken);
        return missing;
    }

    public async Task<bool> IsReachableAsync(CancellationToken cancellationToken)
    {
        if (database.Kind == DatabaseKind.Sqlite)
        {
            await using var db = services.CreateUnscoped<TDb>();
            return await db.Database.CanConnectAsync(cancellationToken);
        }

        try
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var ask = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = connection.ConnectionTimeout };
            await ask.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException failure)
        {
            // Npgsql tells it by its words alone. The replica has work to do, and others would have more without it.
            return failure.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal);
        }
    }

    // Held by this session until it ends; who comes second finds nothing left to do. Asked for again and again: an index that
    // is made concurrently waits for every statement that runs, and would wait for ever for one that waits for the lock.
    private static async Task TakeTurnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock(@key)", connection);
        take.Parameters.AddWithValue("key", MigrationLock);
        while (!(bool)(await take.ExecuteScalarAsync(cancellationToken))!)
            await Task.Delay(Turn, cancellationToken);
    }

    private async Task ApplyAsync(NpgsqlConnection connection, string migration, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var db = services.CreateUnscoped<TDb>();
            // One session for all, which is not given back with what is set in it.
            await db.Database.OpenConnectionAsync(cancellationToken);
            db.Database.SetCommandTimeout(TimeSpan.FromMinutes(30));
            var indexes = ConcurrentIndexesOf(db, migration);
            try
            {
                if (indexes.Count == 0)
                    await db.Database.ExecuteSqlRawAsync($"SET lock_timeout = '{LongestLockWait}'", cancellationToken);
                // What an attempt left that was cut off: no transaction takes it back.
                foreach (var index in indexes)
                {
                    await using var drop = new NpgsqlCommand($"DROP INDEX CONCURRENTLY IF EXISTS \"{index}\"", connection);
                    await drop.ExecuteNonQueryAsync(cancellationToken);
                }

                await db.Database.MigrateAsync(migration, cancellationToken);
                return;
            }
            catch (PostgresException locked) when (locked.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (attempt == MostLockAttempts)
                {
                    throw new SchemaLockedException(
                        $"The migration {migration} did not get a table that it changes, {MostLockAttempts} times for {LongestLockWait}, since long transactions of others use it (pg_stat_activity shows them). Nothing of it was done. Run 'migrate' again when they have ended.", locked);
                }

                LogLocked(migration, LongestLockWait);
            }
            finally
            {
                if (db.Database.GetDbConnection().State == ConnectionState.Open)
                    await db.Database.ExecuteSqlRawAsync("RESET lock_timeout", CancellationToken.None);
                await db.Database.CloseConnectionAsync();
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static List<string> ConcurrentIndexesOf(TDb db, string migration)
    {
        var assembly = db.GetService<IMigrationsAssembly>();
        return
        [
            .. assembly.CreateMigration(assembly.Migrations[migration], db.Database.ProviderName!).UpOperations
                .OfType<CreateIndexOperation>().Where(index => index[CreatedConcurrently] is true).Select(index => index.Name),
        ];
    }

    private async Task<IReadOnlyList<string>> MigrateSqliteAsync(TDb db, CancellationToken cancellationToken)
    {
        var missing = await MissingAsync(db, cancellationToken);
        if (missing.Count == 0)
            return [];
        await db.Database.MigrateAsync(cancellationToken);
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellationToken);
        return missing;
    }

    private async Task VerifyAsync(TDb db, CancellationToken cancellationToken)
    {
        if (await MissingAsync(db, cancellationToken) is { Count: > 0 } missing)
        {
            throw new SchemaBehindException(
                $"The database {db.Database.GetDbConnection().Database} lacks {string.Join(", ", missing)}. Run the command 'migrate' of this version before its services start.");
        }
    }

    // A newer version may have been here before: it only adds what this one does not need to know.
    private async Task<IReadOnlyList<string>> MissingAsync(TDb db, CancellationToken cancellationToken) =>
        [.. db.Database.GetMigrations().Except(await AppliedAsync(db, cancellationToken), StringComparer.Ordinal)];

    private async Task<IEnumerable<string>> AppliedAsync(TDb db, CancellationToken cancellationToken)
    {
        if (db.Database.IsSqlite())
        {
            // Asking for the history of a file that is not there would make it.
            return await db.GetService<IRelationalDatabaseCreator>().ExistsAsync(cancellationToken)
                ? await db.Database.GetAppliedMigrationsAsync(cancellationToken)
                : [];
        }

        try
        {
            await using var connection = new NpgsqlConnection(database.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using (var exists = new NpgsqlCommand("SELECT to_regclass('\"__EFMigrationsHistory\"') IS NOT NULL", connection))
            {
                if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
                    return [];
            }

            await using var read = new NpgsqlCommand("SELECT \"MigrationId\" FROM \"__EFMigrationsHistory\"", connection);
            await using var rows = await read.ExecuteReaderAsync(cancellationToken);
            var applied = new List<string>();
            while (await rows.ReadAsync(cancellationToken))
                applied.Add(rows.GetString(0));
            return applied;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            // There is no such database yet.
            return [];
        }
    }

    // Long texts, of events and decisions above all, are compressed as they are written. What is compressed already stays.
    private static async Task CompressFastAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var compress = new NpgsqlCommand(
            """
            DO $$ BEGIN
              IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
                EXECUTE format('ALTER DATABASE %I SET default_toast_compression = lz4', current_database());
              END IF;
            EXCEPTION WHEN insufficient_privilege THEN
              -- The database is somebody else's, and how it compresses is theirs to say.
              NULL;
            END $$
            """, connection);
        await compress.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<NpgsqlConnection> OpenOrCreateAsync(NpgsqlConnectionStringBuilder target, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(target.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            // The first migration of this service on this server.
            await connection.DisposeAsync();
        }

        await using (var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(target.ToString()) { Database = "postgres" }.ToString()))
        {
            await server.OpenAsync(cancellationToken);
            await using var create = new NpgsqlCommand(
                $"CREATE DATABASE \"{target.Database!.Replace("\"", "\"\"", StringComparison.Ordinal)}\" ENCODING 'UTF8' TEMPLATE template0", server);
            try
            {
                await create.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (PostgresException raced) when (raced.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
            {
                // Another call of this command was faster.
            }
        }

        connection = new NpgsqlConnection(target.ToString());
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    [LoggerMessage(EventId = 1203, EventName = "migration_waits", Level = LogLevel.Warning,
        Message = "The migration {Migration} did not get a table that it changes within {Wait}; it lets others pass and tries again")]
    private partial void LogLocked(string migration, string wait);

    [LoggerMessage(EventId = 1202, EventName = "database_awaited", Level = LogLevel.Warning, Message = "The database does not answer yet: {Reason}")]
    private partial void LogWaiting(string reason);
}
