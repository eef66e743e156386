using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Relais.Common.Messaging;
using Relais.Contracts;

namespace Relais.Common.Data;

/// <summary>
/// Begins transactions in which a statement writes all rows of a table: for paths where tracking each row and a statement
/// for each would cost more than the work. PostgreSQL alone.
/// </summary>
public sealed class BulkWrites<TDb>(Func<TDb> open, OutboxQueue queue)
    where TDb : ServiceDb
{
    private bool? isSupported;

    public bool IsSupported => isSupported ??= IsPostgres();

    public async Task<BulkTransaction<TDb>> BeginAsync(string tenantId, CancellationToken cancellationToken)
    {
        var db = open();
        db.TenantId = tenantId;
        try
        {
            return new BulkTransaction<TDb>(db, await db.Database.BeginTransactionAsync(cancellationToken), queue);
        }
        catch
        {
            // Whoever asked has nothing to give back.
            await db.DisposeAsync();
            throw;
        }
    }

    private bool IsPostgres()
    {
        using var db = open();
        return db.Database.IsNpgsql();
    }
}

/// <summary>
/// One transaction of one tenant, in three journeys: questions are gathered and leave together at <see cref="AskAsync"/>,
/// writes at <see cref="SaveAsync"/>, both in their order; what was written holds from <see cref="CommitAsync"/> on, without
/// it nothing does.
/// </summary>
public sealed class BulkTransaction<TDb> : IAsyncDisposable
    where TDb : ServiceDb
{
    private const string Position = nameof(OutboxMessage.Position);

    // With the elder, looked for by key as in the relay's question; as a sum, no index by position gives the greatest.
    private const string Placed =
        """
        "Position", (SELECT coalesce(max(elder."Position" + 0), 0) FROM outbox AS elder
          WHERE elder."Key" = outbox."Key" AND elder."Position" < outbox."Position" AND elder."DeliveredAt" IS NULL
            AND coalesce(elder."DeadAt", 'infinity') = 'infinity') AS elder
        """;

    // Everything here is found by its key. Without figures about a table that grew since they were last taken, or has none
    // yet, the planner would rather read all of it.
    private const string ByKey =
        "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)";

    private readonly IDbContextTransaction transaction;
    private readonly OutboxQueue queue;
    private readonly NpgsqlBatch questions;
    private readonly NpgsqlBatch batch;
    private readonly List<Func<DbDataReader, Task>> answers = [];
    private readonly List<int> expected = [];
    private readonly List<OutboxMessage> published = [];

    internal BulkTransaction(TDb db, IDbContextTransaction transaction, OutboxQueue queue)
    {
        (Db, this.transaction, this.queue) = (db, transaction, queue);
        var (connection, started) = ((NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)transaction.GetDbTransaction());
        questions = new NpgsqlBatch(connection, started) { BatchCommands = { new NpgsqlBatchCommand(ByKey) } };
        batch = new NpgsqlBatch(connection, started);
    }

    /// <summary>For what else is read inside the transaction.</summary>
    public TDb Db { get; }

    /// <summary>A query by key whose rows are taken one by one; parameters are $1 and on.</summary>
    public void Ask(string sql, Action<DbDataReader> take, params IEnumerable<object> parameters) => Ask(
        sql,
        async rows =>
        {
            while (await rows.ReadAsync())
                take(rows);
        },
        parameters);

    /// <summary>A query that has to give something; if not, the transaction goes no further.</summary>
    public void Require(string sql, Func<Exception> otherwise, params IEnumerable<object> parameters) => Ask(
        sql,
        async rows =>
        {
            if (!await rows.ReadAsync())
                throw otherwise();
        },
        parameters);

    /// <summary>Asks which of these messages their consumers have dealt with, whoever did it; filled when it is answered.</summary>
    public HashSet<(Guid MessageId, string Consumer)> AskDealtWith(IEnumerable<InboxEntry?> deliveries)
    {
        var dealtWith = new HashSet<(Guid, string)>();
        if (deliveries.Select(delivery => delivery?.MessageId).OfType<Guid>().Distinct().ToArray() is { Length: > 0 } messages)
        {
            Ask(
                """SELECT "MessageId", "Consumer" FROM inbox WHERE "TenantId" = $1 AND "MessageId" = ANY ($2)""",
                row => dealtWith.Add((row.GetGuid(0), row.GetString(1))), Db.TenantId!, messages);
        }

        return dealtWith;
    }

    /// <summary>Has the questions answered; before the first write.</summary>
    public async Task AskAsync()
    {
        await using var rows = await questions.ExecuteReaderAsync(CancellationToken.None);
        foreach (var answer in answers)
        {
            await rows.NextResultAsync();
            await answer(rows);
        }
    }

    public void Insert<TRow>(IReadOnlyCollection<TRow> rows) where TRow : class, ITenantOwned
    {
        if (rows.Count == 0)
            return;
        foreach (var row in rows)
        {
            row.TenantId = Db.TenantId!;
            if (row is IVersioned versioned)
                versioned.Revision++;
        }

        var table = BulkTable.Of(Db, typeof(TRow));
        Add(table.Insert(), rows.Count, BulkTable.Arrays(rows, table.Columns));
    }

    /// <summary>Sets columns of rows that are known by their key to exist.</summary>
    public void Update<TRow>(IReadOnlyCollection<TRow> rows, IReadOnlyList<string> properties) where TRow : class, ITenantOwned, IVersioned
    {
        if (rows.Count == 0)
            return;
        var table = BulkTable.Of(Db, typeof(TRow));
        foreach (var row in rows)
            row.TenantId = Db.TenantId!;
        var given = table.GivenFor(properties);
        Add(table.Update(properties, given), rows.Count, BulkTable.Arrays(rows, given));
    }

    /// <summary>Any statement; parameters are $1 and on.</summary>
    /// <param name="rows">How many rows it must touch or give; -1 for whatever it does.</param>
    public void Execute(string sql, int rows, params IEnumerable<object> parameters) =>
        Add(sql, rows, parameters.Select(value => new NpgsqlParameter { Value = value }));

    /// <inheritdoc cref="ServiceDb.Publish{TEvent}"/>
    /// <param name="cause">What it comes from, which is not everybody's in the transaction.</param>
    public void Publish<TEvent>(TEvent @event, DateTimeOffset at, Activity? cause, string? matter = null) where TEvent : IEvent =>
        published.Add(ServiceDb.MessageOf(@event, at, Db.OutboxOwner, cause, matter));

    /// <exception cref="DbUpdateConcurrencyException">A statement touched other rows than it had to.</exception>
    public async Task SaveAsync()
    {
        var outbox = BulkTable.Of(Db, typeof(OutboxMessage));
        if (published.Count > 0)
        {
            foreach (var message in published)
                message.TenantId = Db.TenantId!;
            Add(outbox.Insert(Placed), published.Count, BulkTable.Arrays(published, outbox.Columns));
        }

        if (batch.BatchCommands.Count == 0)
            return;
        await using (var reader = await batch.ExecuteReaderAsync(CancellationToken.None))
        {
            do
            {
                var at = 0;
                while (reader.FieldCount == 2 && reader.GetName(0) == Position && await reader.ReadAsync())
                {
                    outbox.Set(published[at], Position, reader.GetInt64(0));
                    published[at++].Elder = reader.GetInt64(1);
                }
            }
            while (await reader.NextResultAsync());
        }

        for (var statement = 0; statement < expected.Count; statement++)
        {
            if (expected[statement] >= 0 && batch.BatchCommands[statement].Rows != (ulong)expected[statement])
            {
                throw new DbUpdateConcurrencyException(
                    $"A statement touched {batch.BatchCommands[statement].Rows} rows where it had to touch {expected[statement]}: {batch.BatchCommands[statement].CommandText}");
            }
        }
    }

    /// <exception cref="CommitUnconfirmedException">The connection was lost during the commit.</exception>
    public async Task CommitAsync()
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception failure) when (DatabaseTroubles.Of(failure) == DatabaseTrouble.Away)
        {
            throw new CommitUnconfirmedException(failure);
        }

        queue.Add(published);
    }

    public async ValueTask DisposeAsync()
    {
        await questions.DisposeAsync();
        await batch.DisposeAsync();
        await transaction.DisposeAsync();
        await Db.DisposeAsync();
    }

    private void Ask(string sql, Func<DbDataReader, Task> answer, IEnumerable<object> parameters)
    {
        questions.BatchCommands.Add(CommandOf(sql, parameters.Select(value => new NpgsqlParameter { Value = value })));
        answers.Add(answer);
    }

    private void Add(string sql, int rows, IEnumerable<NpgsqlParameter> parameters)
    {
        batch.BatchCommands.Add(CommandOf(sql, parameters));
        expected.Add(rows);
    }

    private static NpgsqlBatchCommand CommandOf(string sql, IEnumerable<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }
}
