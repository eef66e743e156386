using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Relais.Common.Coordination;
using Relais.Common.Failures;

namespace Relais.Common.Data;

/// <summary>What a database's exception means for whoever was using it.</summary>
internal enum DatabaseTrouble
{
    /// <summary>Not the database's, or a mistake of ours: repeating does not help.</summary>
    None,

    /// <summary>Another writer was faster; nothing was saved, and reading again may well succeed.</summary>
    Race,

    /// <summary>The database is away, restarting, out of room, or refuses what it would take at another time: it is read-only, or lets nobody in.</summary>
    Away,
}

/// <summary>The connection broke while it committed: nobody knows whether it did.</summary>
public sealed class CommitUnconfirmedException(Exception cause)
    : Exception("The connection to the database broke during a commit; whether it was saved is not known.", cause);

/// <summary>The connection was lost within a transaction, and with it what the transaction did.</summary>
internal sealed class ConnectionLostException(Exception cause) : Exception("The connection to the database was lost.", cause);

public static class DatabaseTroubles
{
    // Npgsql has no name for it.
    private const string IdleInTransactionSessionTimeout = "25P03";

    /// <summary>Whether it is worth repeating: the database is away, or another writer was faster.</summary>
    public static bool IsPassing(Exception failure) => Of(failure) != DatabaseTrouble.None;

    /// <summary>What is behind an exception, however deep EF Core has wrapped it.</summary>
    internal static DatabaseTrouble Of(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case DbUpdateConcurrencyException:
                    return DatabaseTrouble.Race;
                case ConnectionLostException:
                    return DatabaseTrouble.Away;
                // Whoever asked has left; that the server then cancelled the statement is behind it.
                case OperationCanceledException:
                    return DatabaseTrouble.None;
                case SqliteException sqlite:
                    return Of(sqlite);
                case PostgresException postgres:
                    return Of(postgres);
                case NpgsqlException { IsTransient: true } or NpgsqlException { InnerException: IOException or SocketException }:
                    return DatabaseTrouble.Away;
            }
        }

        return DatabaseTrouble.None;
    }

    /// <summary>Whether the server had ended the transaction before it was to be committed, or refused to commit it.</summary>
    internal static bool HadEnded(Exception failure) =>
        failure is PostgresException { SqlState: IdleInTransactionSessionTimeout or PostgresErrorCodes.QueryCanceled };

    /// <summary>The failure to answer a caller with; null where the exception is nothing that callers can deal with.</summary>
    internal static Failure? ToFailure(Exception exception)
    {
        if (exception is CommitUnconfirmedException)
        {
            return new Failure(FailureKind.Unavailable, "write.unconfirmed",
                "The database went away while it saved this, so it may be done or not. Look before you repeat it; with the same requestId it cannot happen twice.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }

        if (exception is LeaseLostException)
        {
            return new Failure(FailureKind.Unavailable, "lease.lost", "Another replica has taken this over, so nothing was done here. Repeat it.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }

        return Of(exception) switch
        {
            DatabaseTrouble.None => null,
            DatabaseTrouble.Race => new Failure(FailureKind.Stale, "write.conflict",
                "Others kept changing the same data, so this was not saved. Repeat it in a moment.") { RetryAfter = TimeSpan.FromSeconds(1) },
            DatabaseTrouble.Away => new Failure(FailureKind.Unavailable, "database.unavailable",
                "The database cannot be used at the moment, so nothing was done. Repeat it in a moment.") { RetryAfter = TimeSpan.FromSeconds(1) },
            var other => throw new ArgumentOutOfRangeException(nameof(exception), other, null),
        };
    }

    // https://www.sqlite.org/rescode.html
    private static DatabaseTrouble Of(SqliteException failure) => failure switch
    {
        { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY } => DatabaseTrouble.Race,
        {
            SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED or SQLitePCL.raw.SQLITE_FULL
                or SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_CANTOPEN
        } => DatabaseTrouble.Away,
        _ => DatabaseTrouble.None,
    };

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static DatabaseTrouble Of(PostgresException failure) => failure.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.LockNotAvailable => DatabaseTrouble.Race,
        // A server that is a standby or short of room writes nothing; a database may be put back or moved.
        PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.InvalidCatalogName or IdleInTransactionSessionTimeout => DatabaseTrouble.Away,
        // 08: connection exception; 28: it lets nobody in; 53: too many connections, no memory, no disk; 57: an operator or a
        // limit of the server's own intervened; 58: errors of the system below.
        ['0', '8', ..] or ['2', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..] => DatabaseTrouble.Away,
        _ => DatabaseTrouble.None,
    };
}
