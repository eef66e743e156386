using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contracts.Channels;

namespace Relais.Benchmarks;

/// <summary>The smallest target that publishes an event, or has an effect at one.</summary>
internal sealed class HopTarget(string name, Hops hops) : ServiceTarget
{
    public const string Publisher = "publisher";
    public const string Consumer = "consumer";
    public const string Tenant = "demo";

    public override string Name => name;

    public override void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(hops);
        builder.AddServiceDatabase<HopDb, SqliteHopDb, PostgresHopDb>(Name);
        if (name == Consumer)
            builder.AddEventConsumer<NoteHop, CustomerMessageReceived>();
    }

    public override void Map(WebApplication app)
    {
    }

    public override async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var db = services.CreateUnscoped<HopDb>();
        await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellationToken);
    }
}

internal sealed class NoteHop(Inbox inbox, HopDb db, Hops hops) : EventConsumer<CustomerMessageReceived>(inbox)
{
    protected override async Task HandleAsync(CustomerMessageReceived @event, CancellationToken cancellationToken)
    {
        await OnceAsync(_ =>
        {
            db.Hops.Add(new HopRow { ConversationId = @event.ConversationId, Sequence = @event.Sequence, Text = @event.Text });
            return Task.CompletedTask;
        }, cancellationToken);
        hops.Effective(@event.Sequence);
    }
}

internal sealed class HopRow : ITenantOwned
{
    public long Id { get; init; }

    public string TenantId { get; set; } = "";

    public required Guid ConversationId { get; init; }

    public required int Sequence { get; init; }

    public required string Text { get; init; }
}

internal abstract class HopDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<HopRow> Hops => Set<HopRow>();

    protected override void Configure(ModelBuilder modelBuilder) => modelBuilder.Entity<HopRow>().ToTable("hops");
}

internal sealed class SqliteHopDb(DbContextOptions<SqliteHopDb> options) : HopDb(options);

internal sealed class PostgresHopDb(DbContextOptions<PostgresHopDb> options) : HopDb(options);
