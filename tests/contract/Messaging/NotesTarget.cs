using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels;

namespace Relais.Contract.Messaging;

/// <summary>A target that notes down every customer message it hears of, and hears of it a second time: the smallest publisher and subscriber.</summary>
/// <param name="isEarlier">The version before that: it has the same queue and takes none of them.</param>
internal sealed class NotesTarget(string name, ConsumerTroubles troubles, bool isEarlier = false) : ServiceTarget
{
    public override string Name => name;

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(troubles);
        builder.Logging.AddProvider(troubles.Log).AddFilter<LogLines>(null, LogLevel.Warning);
        builder.AddServiceDatabase<NotesDb, SqliteNotesDb, PostgresNotesDb>(Name);
        if (isEarlier)
        {
            builder.AddEventConsumer<IgnoreSolved, ConversationSolved>();
            return;
        }

        builder.AddEventConsumer<NoteMessage, CustomerMessageReceived>();
        builder.AddEventConsumer<HearMessage, CustomerMessageReceived>();
    }

    public override void Map(WebApplication app)
    {
    }

    public override async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<NotesDb>();
        var tables = db.Database.IsSqlite()
            ? db.Database.SqlQuery<string>($"SELECT name AS \"Value\" FROM sqlite_master")
            : db.Database.SqlQuery<string>($"SELECT table_name::text AS \"Value\" FROM information_schema.tables");
        if (!(await tables.ToListAsync(cancellationToken)).Contains("notes"))
            await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellationToken);
    }
}

/// <summary>Makes consumers fail on purpose, and counts how often each message came.</summary>
internal sealed class ConsumerTroubles
{
    private int underWay;

    public ConcurrentDictionary<Guid, int> Deliveries { get; } = new();

    /// <summary>What the targets log as warnings and errors.</summary>
    public LogLines Log { get; } = new();

    /// <summary>How often the second consumer of each target had its effect, by message.</summary>
    public ConcurrentDictionary<(string Target, Guid MessageId), int> Heard { get; } = new();

    /// <summary>Attempts of the first consumers that have begun and not ended.</summary>
    public int UnderWay => Volatile.Read(ref underWay);

    /// <summary>Throws where a consumer of that target should fail at that message now.</summary>
    public Action<string, CustomerMessageReceived> At { get; set; } = (_, _) => { };

    public async Task AttemptAsync(Func<Task> attempt)
    {
        Interlocked.Increment(ref underWay);
        try
        {
            await attempt();
        }
        finally
        {
            Interlocked.Decrement(ref underWay);
        }
    }
}

internal sealed class NoteMessage(Inbox inbox, NotesDb db, ConsumerTroubles troubles, TargetIdentity target)
    : EventConsumer<CustomerMessageReceived>(inbox)
{
    protected override Task HandleAsync(CustomerMessageReceived @event, CancellationToken cancellationToken) => troubles.AttemptAsync(() => OnceAsync(_ =>
    {
        troubles.Deliveries.AddOrUpdate(@event.MessageId, 1, (_, count) => count + 1);
        db.Notes.Add(new Note { ConversationId = @event.ConversationId, Sequence = @event.Sequence, Text = @event.Text });
        troubles.At(target.Role(), @event);
        return Task.CompletedTask;
    }, cancellationToken));
}

/// <summary>A second consumer of the same event, which has no troubles.</summary>
internal sealed class HearMessage(Inbox inbox, ConsumerTroubles troubles, TargetIdentity target) : EventConsumer<CustomerMessageReceived>(inbox)
{
    protected override Task HandleAsync(CustomerMessageReceived @event, CancellationToken cancellationToken) => OnceAsync(_ =>
    {
        troubles.Heard.AddOrUpdate((target.Role(), @event.MessageId), 1, (_, count) => count + 1);
        return Task.CompletedTask;
    }, cancellationToken);
}

/// <summary>All that the earlier version takes.</summary>
internal sealed class IgnoreSolved(Inbox inbox) : EventConsumer<ConversationSolved>(inbox)
{
    protected override Task HandleAsync(ConversationSolved @event, CancellationToken cancellationToken) => Task.CompletedTask;
}

internal static class TargetRoles
{
    /// <summary>What a target is in the test, without what makes its name its own.</summary>
    public static string Role(this TargetIdentity target) => target.Name[..target.Name.IndexOf('-', StringComparison.Ordinal)];
}

internal sealed class Note : ITenantOwned
{
    public long Id { get; init; }

    public string TenantId { get; set; } = "";

    public required Guid ConversationId { get; init; }

    public required int Sequence { get; init; }

    public required string Text { get; init; }
}

internal abstract class NotesDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<Note> Notes => Set<Note>();

    protected override void Configure(ModelBuilder modelBuilder) => modelBuilder.Entity<Note>().ToTable("notes");
}

internal sealed class SqliteNotesDb(DbContextOptions<SqliteNotesDb> options) : NotesDb(options);

internal sealed class PostgresNotesDb(DbContextOptions<PostgresNotesDb> options) : NotesDb(options);
