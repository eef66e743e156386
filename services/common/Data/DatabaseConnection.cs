using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Relais.Common.Data;

internal enum DatabaseKind
{
    Sqlite,
    Postgres,
}

/// <summary>A target's database, as the configuration names it.</summary>
internal sealed record DatabaseConnection(DatabaseKind Kind, string ConnectionString) : IDisposable
{
    /// <summary>Closes the connections that its pool keeps.</summary>
    public void Dispose()
    {
        if (Kind != DatabaseKind.Postgres)
            return;
        using var any = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(any);
    }

    /// <summary>
    /// <c>ConnectionStrings:{target}</c> names the database itself: <c>Data Source=…</c> is SQLite, <c>Host=…</c> PostgreSQL.
    /// Without it <c>ConnectionStrings:postgres</c> names a server, on which the target's database is <c>relais_{target}</c>,
    /// or <c>{name}_{target}</c> where it names a database too.
    /// </summary>
    /// <param name="problem">What is wrong, as a sentence that begins with the option's name, where nothing is returned.</param>
    public static DatabaseConnection? Find(IConfiguration configuration, string target, DatabaseOptions options, out string problem)
    {
        var own = configuration.GetConnectionString(target) ?? "";
        var server = configuration.GetConnectionString("postgres") ?? "";
        problem = "";
        switch (own.Length > 0 ? KindOf(own) : KindOf(server))
        {
            case DatabaseKind.Sqlite when own.Length > 0:
                return new(DatabaseKind.Sqlite, own);
            case DatabaseKind.Postgres when own.Length > 0:
                return new(DatabaseKind.Postgres, Complete(own, target, onServer: false, options));
            case DatabaseKind.Postgres:
                return new(DatabaseKind.Postgres, Complete(server, target, onServer: true, options));
            case DatabaseKind.Sqlite:
                problem = "ConnectionStrings:postgres must name a PostgreSQL server: 'Host=…;Username=…;Password=…'.";
                return null;
            default:
                problem = (own, server) switch
                {
                    ("", "") => $"ConnectionStrings:{target} is missing. Set 'Data Source=FILE' for SQLite or 'Host=…' for PostgreSQL; or ConnectionStrings:postgres for a server with a database of each target.",
                    ("", _) => "ConnectionStrings:postgres must name a PostgreSQL server: 'Host=…;Username=…;Password=…'.",
                    _ => $"ConnectionStrings:{target} is neither SQLite ('Data Source=FILE') nor PostgreSQL ('Host=…').",
                };
                return null;
        }
    }

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

    private static string Complete(string connection, string target, bool onServer, DatabaseOptions options)
    {
        var given = new DbConnectionStringBuilder { ConnectionString = connection };
        var complete = new NpgsqlConnectionStringBuilder(connection);
        if (onServer)
            complete.Database = $"{(complete.Database is { Length: > 0 } prefix ? prefix : "relais")}_{target}";
        void Preset(string name, Action set)
        {
            if (!given.ContainsKey(name))
                set();
        }

        Preset("Maximum Pool Size", () => complete.MaxPoolSize = options.MostConnections);
        Preset("Timeout", () => complete.Timeout = (int)options.ConnectTimeout.TotalSeconds);
        Preset("Command Timeout", () => complete.CommandTimeout = (int)options.StatementTimeout.TotalSeconds);
        Preset("Application Name", () => complete.ApplicationName = "relais-" + target);
        // A connection that died silently, behind a firewall or with its server's machine, is found out.
        Preset("Keepalive", () => complete.KeepAlive = 15);
        // The same few hundred statements again and again.
        Preset("Max Auto Prepare", () => complete.MaxAutoPrepare = 200);
        // No statement of ours leaves anything behind in its session.
        Preset("No Reset On Close", () => complete.NoResetOnClose = true);
        Preset("Options", () => complete.Options = string.Create(CultureInfo.InvariantCulture,
            $"-c idle_in_transaction_session_timeout={(int)options.IdleTransactionTimeout.TotalMilliseconds}"));
        return complete.ToString();
    }
}
