using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;
using Relais.Contracts.Channels;
using Relais.Tickets.Domain;

namespace Relais.Tickets.Data;

/// <summary>Tickets, their threads and their audit.</summary>
internal abstract class TicketsDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<Ticket> Tickets => Set<Ticket>();

    public DbSet<ThreadEntry> Threads => Set<ThreadEntry>();

    public DbSet<AuditEntry> Audit => Set<AuditEntry>();

    public DbSet<TicketNumbers> Numbers => Set<TicketNumbers>();

    public DbSet<CannedReply> CannedReplies => Set<CannedReply>();

    protected override void Configure(ModelBuilder modelBuilder)
    {
        // Parts of JSON columns, not tables.
        modelBuilder.Ignore<RequiredSkill>().Ignore<SelfCareTry>().Ignore<CitedArticle>();
        modelBuilder.Entity<Ticket>(ConfigureTicket);
        modelBuilder.Entity<ThreadEntry>(entity =>
        {
            entity.ToTable("thread_entries");
            entity.HasKey(row => new { row.TicketId, row.Id });
            entity.HasIndex(row => new { row.TenantId, row.TicketId, row.Position }).IsUnique();
            entity.HasOne<Ticket>().WithMany().HasForeignKey(row => row.TicketId);
            entity.Property(row => row.Author).HasConversion<string>().HasMaxLength(20);
        });
        modelBuilder.Entity<AuditEntry>(entity =>
        {
            entity.ToTable("ticket_audit");
            entity.HasKey(row => row.Id);
            entity.HasIndex(row => new { row.TenantId, row.TicketId, row.At });
            entity.HasOne<Ticket>().WithMany().HasForeignKey(row => row.TicketId);
            entity.Property(row => row.Action).HasConversion<string>().HasMaxLength(20);
        });
        modelBuilder.Entity<TicketNumbers>(entity =>
        {
            entity.ToTable("ticket_numbers");
            entity.HasKey(row => row.TenantId);
        });
        modelBuilder.Entity<CannedReply>(entity =>
        {
            entity.ToTable("canned_replies");
            entity.HasKey(row => new { row.TenantId, row.Id });
            entity.Property(row => row.Id).HasMaxLength(60);
        });
    }

    private static void ConfigureTicket(EntityTypeBuilder<Ticket> entity)
    {
        entity.ToTable("tickets");
        entity.HasKey(row => row.Id);
        entity.Property(row => row.Id).ValueGeneratedNever();
        entity.HasIndex(row => new { row.TenantId, row.Number }).IsUnique();
        entity.HasIndex(row => new { row.TenantId, row.State, row.Number });
        entity.HasIndex(row => new { row.TenantId, row.ExpertId, row.Number });
        entity.HasIndex(row => new { row.TenantId, row.CustomerId, row.Number });
        entity.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        entity.Property(row => row.Priority).HasConversion<string>().HasMaxLength(20);
        entity.Property(row => row.CustomerTier).HasMaxLength(20);
        entity.Property(row => row.Subject).HasMaxLength(Subject.Longest);
        entity.Property(row => row.TraceParent).HasMaxLength(60);
        AsJson(entity.Property(row => row.RequiredSkills), TicketJson.Default.IReadOnlyListRequiredSkill);
        AsJson(entity.Property(row => row.SelfCare), TicketJson.Default.IReadOnlyListSelfCareTry);
    }

    // The lists never change once they are stored, so the same list is the same value.
    private static void AsJson<T>(PropertyBuilder<IReadOnlyList<T>> property, JsonTypeInfo<IReadOnlyList<T>> json) => property.HasConversion(
        list => JsonSerializer.Serialize(list, json),
        stored => JsonSerializer.Deserialize(stored, json) ?? Array.Empty<T>(),
        new ValueComparer<IReadOnlyList<T>>((one, other) => ReferenceEquals(one, other), list => list.Count, list => list));
}

[JsonSerializable(typeof(IReadOnlyList<RequiredSkill>))]
[JsonSerializable(typeof(IReadOnlyList<SelfCareTry>))]
internal sealed partial class TicketJson : JsonSerializerContext;

internal sealed class SqliteTicketsDb(DbContextOptions<SqliteTicketsDb> options) : TicketsDb(options);

internal sealed class PostgresTicketsDb(DbContextOptions<PostgresTicketsDb> options) : TicketsDb(options);

internal sealed class TicketsDesignTime : IDesignTimeDbContextFactory<SqliteTicketsDb>, IDesignTimeDbContextFactory<PostgresTicketsDb>
{
    SqliteTicketsDb IDesignTimeDbContextFactory<SqliteTicketsDb>.CreateDbContext(string[] args) =>
        new(DesignTime.Sqlite<SqliteTicketsDb>());

    PostgresTicketsDb IDesignTimeDbContextFactory<PostgresTicketsDb>.CreateDbContext(string[] args) =>
        new(DesignTime.Postgres<PostgresTicketsDb>());
}
