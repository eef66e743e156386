using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;

namespace Relais.Common.Messaging;

/// <summary>The outbox as its relay sees it.</summary>
internal abstract class OutboxStore
{
    /// <summary>Whether replicas publish from it side by side, so that an older row of a key can be another's.</summary>
    public virtual bool IsShared => false;

    /// <summary>How long marks of delivered rows are gathered before they are saved.</summary>
    public abstract TimeSpan MarkInterval { get; }

    /// <summary>Rows that wait and that this relay is to publish, oldest first; also those that it has already.</summary>
    public abstract Task<List<OutboxMessage>> FindAsync(CancellationToken cancellationToken);

    /// <summary>For each of these rows the older ones of its key that wait, whoever is to publish them.</summary>
    public abstract Task<ILookup<long, long>> FindOlderAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken);

    /// <summary>Notes which rows are delivered, and which are given up.</summary>
    public abstract Task MarkAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken);

    /// <summary>The relay ends; whoever shares the outbox may go on with its rows.</summary>
    public abstract Task LeaveAsync(CancellationToken cancellationToken);
}

/// <summary>An outbox whose database one process uses alone.</summary>
internal class SoleOutbox<TDb>(IServiceProvider services, WriteGate gate, MessagingOptions options, TimeProvider clock) : OutboxStore
    where TDb : ServiceDb
{
    public override TimeSpan MarkInterval => Options.MarkInterval;

    protected MessagingOptions Options => options;

    protected TDb Open() => services.CreateUnscoped<TDb>();

    public override async Task<List<OutboxMessage>> FindAsync(CancellationToken cancellationToken)
    {
        await using var db = Open();
        return await db.Outbox.IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.DeliveredAt == null && row.DeadAt == null)
            .OrderBy(row => row.Position).Take(options.SweepSize).ToListAsync(cancellationToken);
    }

    public override Task<ILookup<long, long>> FindOlderAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken) =>
        Task.FromResult(Array.Empty<long>().ToLookup(position => position));

    public override async Task MarkAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var delivered = rows.Where(message => message.DeliveredAt is not null).Select(message => message.Position).ToList();
        using var turn = await gate.EnterAsync(cancellationToken);
        await using var db = Open();
        await db.Outbox.IgnoreQueryFilters().Where(row => delivered.Contains(row.Position))
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.DeliveredAt, now), cancellationToken);
        foreach (var dead in rows.Where(message => message.DeadAt is not null))
        {
            await db.Outbox.IgnoreQueryFilters().Where(row => row.Position == dead.Position).ExecuteUpdateAsync(row => row
                .SetProperty(r => r.DeadAt, now)
                .SetProperty(r => r.Attempts, dead.Attempts)
                .SetProperty(r => r.LastError, dead.LastError), cancellationToken);
        }
    }

    public override Task LeaveAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>
/// An outbox that replicas share, on PostgreSQL. A row belongs to the replica that committed it, which publishes it without
/// reading it again. Each replica says at every look that it is alive; the rows of one that no longer does go to whoever
/// asks first. That only ever costs a repetition: order does not rest on it, since a replica publishes a row only when
/// no other has an older one of the same key left (<see cref="FindOlderAsync"/>).
/// </summary>
internal sealed class SharedOutbox<TDb>(IServiceProvider services, WriteGate gate, OutboxQueue queue, MessagingOptions options, TimeProvider clock)
    : SoleOutbox<TDb>(services, gate, options, clock)
    where TDb : ServiceDb
{
    // A replica that died without a word is noticed after this many looks.
    private const int LooksAlive = 3;

    // Another replica may wait for the mark before it publishes the next event of the key.
    private static readonly TimeSpan LongestUnmarked = TimeSpan.FromMilliseconds(10);

    public override bool IsShared => true;

    public override TimeSpan MarkInterval => Options.MarkInterval < LongestUnmarked ? Options.MarkInterval : LongestUnmarked;

    public override async Task<List<OutboxMessage>> FindAsync(CancellationToken cancellationToken)
    {
        var alive = Options.SweepInterval * LooksAlive;
        await using var db = Open();
        await db.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO outbox_owners ("Id", "AliveUntil") VALUES ({queue.Owner}, now() + {alive})
             ON CONFLICT ("Id") DO UPDATE SET "AliveUntil" = EXCLUDED."AliveUntil"
             """, cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
             UPDATE outbox SET "Owner" = {queue.Owner} WHERE "Position" IN (
               SELECT o."Position" FROM outbox o
               WHERE o."DeliveredAt" IS NULL AND o."DeadAt" IS NULL AND o."Owner" IS DISTINCT FROM {queue.Owner}
                 AND NOT EXISTS (SELECT 1 FROM outbox_owners w WHERE w."Id" = o."Owner" AND w."AliveUntil" > now())
               ORDER BY o."Position" LIMIT {Options.SweepSize} FOR UPDATE SKIP LOCKED)
             """, cancellationToken);
        await db.Database.ExecuteSqlAsync($"""DELETE FROM outbox_owners WHERE "AliveUntil" < now() - interval '1 hour'""", cancellationToken);
        return await db.Outbox.IgnoreQueryFilters().AsNoTracking()
            .Where(row => row.DeliveredAt == null && row.DeadAt == null && row.Owner == queue.Owner)
            .OrderBy(row => row.Position).Take(Options.SweepSize).ToListAsync(cancellationToken);
    }

    public override async Task<ILookup<long, long>> FindOlderAsync(IReadOnlyList<OutboxMessage> rows, CancellationToken cancellationToken)
    {
        var keys = rows.Select(row => row.Key).ToArray();
        var positions = rows.Select(row => row.Position).ToArray();
        await using var db = Open();
        // OFFSET 0 has it look row for row, and a condition about the dead that the index by position does not answer has it
        // look by key: else it may read everything that waits, and then a backlog feeds itself.
        var found = await db.Database.SqlQuery<Older>(
            $"""
             SELECT h.position AS "Row", o."Position" AS "Before" FROM unnest({keys}, {positions}) AS h (key, position)
             CROSS JOIN LATERAL (
               SELECT "Position" FROM outbox
               WHERE "Key" = h.key AND "Position" < h.position AND "DeliveredAt" IS NULL AND coalesce("DeadAt", 'infinity') = 'infinity'
               OFFSET 0) AS o
             """).ToListAsync(cancellationToken);
        return found.ToLookup(pair => pair.Row, pair => pair.Before);
    }

    public override async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await using var db = Open();
        await db.Database.ExecuteSqlAsync($"""DELETE FROM outbox_owners WHERE "Id" = {queue.Owner}""", cancellationToken);
    }

    private sealed record Older(long Row, long Before);
}
