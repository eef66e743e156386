using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Relais.Common.Data;

/// <summary>
/// Tags of queries, without joins, that read rows in order to change them: they lock what they read until their transaction
/// ends. Who decides on the same row waits, instead of finding out when it saves that it has to decide anew. SQLite has one
/// writer in any case.
/// </summary>
public static class RowLocks
{
    /// <summary>Waits for rows that somebody else has locked.</summary>
    public const string ForUpdate = "FOR UPDATE";

    /// <summary>Leaves out rows that somebody else has locked.</summary>
    public const string FreeForUpdate = "FOR UPDATE SKIP LOCKED";

    /// <summary>Gives tagged queries the clause of their tag. For PostgreSQL.</summary>
    internal sealed class Clause : DbCommandInterceptor
    {
        public static readonly Clause Instance = new();

        // As the provider writes a tag.
        private const string Comment = "-- ";

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(ReaderExecuting(command, eventData, result));

        public override InterceptionResult<DbDataReader> ReaderExecuting(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
        {
            if (command.CommandText.StartsWith(Comment + ForUpdate, StringComparison.Ordinal))
                command.CommandText += "\n" + command.CommandText[Comment.Length..command.CommandText.IndexOf('\n')].TrimEnd();
            return result;
        }
    }
}
