using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;

namespace Relais.Common.Data;

public static class DatabaseExtensions
{
    /// <summary>
    /// The service's database, from <c>ConnectionStrings:{target}</c>: <c>Data Source=…</c> is SQLite, <c>Host=…</c> is
    /// PostgreSQL. Scopes get <typeparamref name="TDb"/> bound to their caller's tenant, and its unit of work.
    /// </summary>
    public static void AddServiceDatabase<TDb, TSqlite, TPostgres>(this WebApplicationBuilder builder, string target)
        where TDb : ServiceDb
        where TSqlite : TDb
        where TPostgres : TDb
    {
        var connection = builder.Configuration.GetConnectionString(target) ?? "";
        var kind = KindOf(connection);
        if (kind is null)
        {
            ConfigurationReport.Of(builder).Add($"ConnectionStrings:{target}",
                connection.Length == 0 ? "is missing. Set 'Data Source=FILE' for SQLite or 'Host=…' for PostgreSQL." : "is neither SQLite ('Data Source=FILE') nor PostgreSQL ('Host=…').");
            return;
        }

        if (kind == DatabaseKind.Sqlite)
        {
            builder.Services.AddPooledDbContextFactory<TSqlite>(options => UseSqlite(options, connection));
            Add<TDb, TSqlite>(builder.Services, kind.Value);
        }
        else
        {
            builder.Services.AddPooledDbContextFactory<TPostgres>(options => options.UseNpgsql(connection));
            Add<TDb, TPostgres>(builder.Services, kind.Value);
        }
    }

    /// <summary>The options of a SQLite file, also for tests and migrations.</summary>
    public static void UseSqlite(DbContextOptionsBuilder options, string connection) => options
        .UseSqlite(
            new SqliteConnectionStringBuilder(connection) { ForeignKeys = true, Pooling = true, DefaultTimeout = 30 }.ToString(),
            // A list travels as one parameter, so that lists of all lengths share one statement.
            sqlite => sqlite.UseParameterizedCollectionMode(ParameterTranslationMode.Parameter))
        .AddInterceptors(DurableSqlite.Instance);

    /// <summary>A context for a scope that has no caller: the relay and housekeeping, which work across tenants.</summary>
    internal static TDb CreateUnscoped<TDb>(this IServiceProvider services) where TDb : ServiceDb =>
        services.GetRequiredService<Func<TDb>>()();

    private static DatabaseKind? KindOf(string connection)
    {
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = connection };
            if (parts.ContainsKey("Data Source"))
                return DatabaseKind.Sqlite;
            return parts.ContainsKey("Host") ? DatabaseKind.Postgres : null;
        }
        catch (ArgumentException)
        {
            // Not a connection string at all; the report says what one looks like.
            return null;
        }
    }

    private static void Add<TDb, TProvider>(IServiceCollection services, DatabaseKind kind)
        where TDb : ServiceDb
        where TProvider : TDb
    {
        services.AddSingleton(new WriteGate(oneAtATime: kind == DatabaseKind.Sqlite));
        services.AddSingleton<Func<TDb>>(provider =>
        {
            var factory = provider.GetRequiredService<IDbContextFactory<TProvider>>();
            return () =>
            {
                // Contexts are pooled, and keep what their last user set.
                var db = factory.CreateDbContext();
                db.TenantId = null;
                return db;
            };
        });
        services.AddScoped<TDb>(provider =>
        {
            var db = provider.GetRequiredService<IDbContextFactory<TProvider>>().CreateDbContext();
            db.TenantId = provider.GetRequiredService<CallerContext>().TenantId;
            return db;
        });
        services.AddScoped<UnitOfWork<TDb>>();
        services.AddScoped<Inbox, Inbox<TDb>>();
        services.AddSingleton<OutboxQueue>();
        services.AddSingleton<IDatabase, Database<TDb>>();
        services.AddHostedService<OutboxRelay<TDb>>();
        services.AddHostedService<Housekeeping<TDb>>();
        services.TryAddSingleton<TimeProvider>(StorableClock.Instance);
    }

    private sealed class DurableSqlite : DbConnectionInterceptor
    {
        public static readonly DurableSqlite Instance = new();

        // WAL with synchronous=FULL: a commit is on disk, also when the power fails, before anybody hears of it.
        // (https://www.sqlite.org/pragma.html#pragma_synchronous)
        private const string Pragmas = "PRAGMA synchronous = FULL;";

        // The pool hands the same native connections out again and again; each is told once.
        private readonly ConditionalWeakTable<object, object> told = [];

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            if (!told.TryAdd(((SqliteConnection)connection).Handle!, this))
                return;
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }

        // SQLite's calls are synchronous in any case.
        public override Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            ConnectionOpened(connection, eventData);
            return Task.CompletedTask;
        }
    }
}

internal enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>The target's database as hosting sees it.</summary>
internal interface IDatabase
{
    /// <summary>Brings the schema to this version; does nothing, quickly, when it is.</summary>
    Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Whether it answers.</summary>
    Task<bool> IsReachableAsync(CancellationToken cancellationToken);
}

internal sealed class Database<TDb>(IServiceProvider services) : IDatabase
    where TDb : ServiceDb
{
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<TDb>();
        if (await IsCurrentAsync(db, cancellationToken))
            return;
        await db.Database.MigrateAsync(cancellationToken);
        if (db.Database.IsSqlite())
            await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellationToken);
    }

    public async Task<bool> IsReachableAsync(CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<TDb>();
        return await db.Database.CanConnectAsync(cancellationToken);
    }

    // The full check takes locks and several round trips; the last applied migration tells nearly always.
    private static async Task<bool> IsCurrentAsync(TDb db, CancellationToken cancellationToken) =>
        await db.GetService<IRelationalDatabaseCreator>().ExistsAsync(cancellationToken)
        && (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).LastOrDefault() == db.Database.GetMigrations().LastOrDefault();
}
