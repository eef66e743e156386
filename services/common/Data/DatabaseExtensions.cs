using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;

namespace Relais.Common.Data;

public static class DatabaseExtensions
{
    /// <summary>
    /// The service's database, SQLite or PostgreSQL (<see cref="DatabaseConnection"/>). Scopes get <typeparamref name="TDb"/> bound to their caller's tenant, and its unit of work.
    /// </summary>
    public static void AddServiceDatabase<TDb, TSqlite, TPostgres>(this WebApplicationBuilder builder, string target)
        where TDb : ServiceDb
        where TSqlite : TDb
        where TPostgres : TDb
    {
        var options = builder.AddTargetOptions<DatabaseOptions>();
        if (DatabaseConnection.Find(builder.Configuration, target, options, out var problem) is not { } connection)
        {
            ConfigurationReport.Of(builder).Add(problem);
            return;
        }

        builder.Services.AddSingleton(_ => connection);
        if (connection.Kind == DatabaseKind.Sqlite)
        {
            builder.Services.AddPooledDbContextFactory<TSqlite>(options => UseSqlite(options, connection.ConnectionString).ConfigureWarnings(LeaveFailuresToCallers));
            Add<TDb, TSqlite>(builder.Services, connection.Kind);
        }
        else
        {
            builder.Services.AddPooledDbContextFactory<TPostgres>(options => options
                .UseNpgsql(connection.ConnectionString, postgres => postgres.ExecutionStrategy(dependencies => new PatientReads(dependencies.CurrentContext.Context)))
                .AddInterceptors(RowLocks.Clause.Instance).ConfigureWarnings(LeaveFailuresToCallers));
            Add<TDb, TPostgres>(builder.Services, connection.Kind);
        }
    }

    /// <summary>The options of a SQLite file, also for tests and migrations.</summary>
    public static DbContextOptionsBuilder UseSqlite(DbContextOptionsBuilder options, string connection) => options
        .UseSqlite(
            new SqliteConnectionStringBuilder(connection) { ForeignKeys = true, Pooling = true, DefaultTimeout = 30 }.ToString(),
            // A list travels as one parameter, so that lists of all lengths share one statement.
            sqlite => sqlite.UseParameterizedCollectionMode(ParameterTranslationMode.Parameter))
        .AddInterceptors(DurableSqlite.Instance);

    // A race that is decided anew is no failure, and whoever cannot go on reports it.
    private static void LeaveFailuresToCallers(WarningsConfigurationBuilder warnings) =>
        warnings.Log((CoreEventId.SaveChangesFailed, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug));

    /// <summary>A context for a scope that has no caller: the relay and housekeeping, which work across tenants.</summary>
    internal static TDb CreateUnscoped<TDb>(this IServiceProvider services) where TDb : ServiceDb =>
        services.GetRequiredService<Func<TDb>>()();

    private static void Add<TDb, TProvider>(IServiceCollection services, DatabaseKind kind)
        where TDb : ServiceDb
        where TProvider : TDb
    {
        services.AddSingleton(new WriteGate(oneAtATime: kind == DatabaseKind.Sqlite));
        services.AddSingleton<Func<TDb>>(provider =>
        {
            var factory = provider.GetRequiredService<IDbContextFactory<TProvider>>();
            var owner = OwnerOf(provider);
            return () =>
            {
                // Contexts are pooled, and keep what their last user set.
                var db = factory.CreateDbContext();
                db.TenantId = null;
                db.OutboxOwner = owner;
                return db;
            };
        });
        services.AddScoped<TDb>(provider =>
        {
            var db = provider.GetRequiredService<IDbContextFactory<TProvider>>().CreateDbContext();
            db.TenantId = provider.GetRequiredService<CallerContext>().TenantId;
            db.OutboxOwner = OwnerOf(provider);
            return db;
        });
        services.AddScoped<UnitOfWork<TDb>>();
        services.AddSingleton<BulkWrites<TDb>>();
        services.AddScoped<Inbox, Inbox<TDb>>();
        services.AddSingleton<OutboxQueue>();
        if (kind == DatabaseKind.Sqlite)
            services.AddSingleton<OutboxStore, SoleOutbox<TDb>>();
        else
            services.AddSingleton<OutboxStore, SharedOutbox<TDb>>();
        services.AddSingleton<IDatabase, ServiceSchema<TDb>>();
        services.AddSingleton<IDeadLetterStore, OutboxDeadLetters<TDb>>();
        services.AddHostedService<OutboxRelay>();
        services.AddHostedService<OutboxWatch<TDb>>();
        services.AddHostedService<Housekeeping<TDb>>();
        services.TryAddSingleton<TimeProvider>(StorableClock.Instance);

        Guid? OwnerOf(IServiceProvider provider) => kind == DatabaseKind.Sqlite ? null : provider.GetRequiredService<OutboxQueue>().Owner;
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
