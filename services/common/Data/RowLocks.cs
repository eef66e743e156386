using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Relais.Common.Data;

/// <summary>
/// Locks the rows that a query reads until its transaction ends: who decides on the same row waits, instead of finding
/// out when it saves that it has to decide anew. SQLite has one writer in any case.
/// </summary>
public static class RowLocks
{
    /// <summary>Tag of a query, without joins, that reads rows in order to change them.</summary>
    public const string ForUpdate = "FOR UPDATE";

    /// <summary>Gives tagged queries the clause of their tag. For PostgreSQL.</summary>
    internal sealed class Clause : DbCommandInterceptor
    {
        public static readonly Clause Instance = new();

        // As the provider writes a tag.
        private const string Comment = "-- " + ForUpdate;

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(ReaderExecuting(command, eventData, result));

        public override InterceptionResult<DbDataReader> ReaderExecuting(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result)
        {
            if (command.CommandText.StartsWith(Comment, StringComparison.Ordinal))
                command.CommandText += "\n" + ForUpdate;
            return result;
        }
    }
}
