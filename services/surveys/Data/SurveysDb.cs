using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Relais.Common.Data;
using Relais.Surveys.Domain;

namespace Relais.Surveys.Data;

/// <summary>Surveys, and the facts that the figures are computed from.</summary>
internal abstract class SurveysDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<Survey> Surveys => Set<Survey>();

    public DbSet<ConversationFacts> Conversations => Set<ConversationFacts>();

    public DbSet<TicketFacts> Tickets => Set<TicketFacts>();

    /// <summary>The facts that there are of these conversations, kept from other writers.</summary>
    public async Task<List<ConversationFacts>> LockConversationsAsync(List<Guid> ids, CancellationToken cancellationToken) => ids.Count == 0
        ? []
        // In one order, so that nobody waits for each other.
        : await Conversations.TagWith(RowLocks.ForUpdate).Where(row => ids.Contains(row.ConversationId)).OrderBy(row => row.ConversationId).ToListAsync(cancellationToken);

    /// <summary>The same of tickets.</summary>
    public async Task<List<TicketFacts>> LockTicketsAsync(List<Guid> ids, CancellationToken cancellationToken) => ids.Count == 0
        ? []
        : await Tickets.TagWith(RowLocks.ForUpdate).Where(row => ids.Contains(row.TicketId)).OrderBy(row => row.TicketId).ToListAsync(cancellationToken);

    protected override void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Survey>(entity =>
        {
            entity.ToTable("surveys");
            entity.HasKey(row => row.Id);
            entity.Property(row => row.Id).ValueGeneratedNever();
            // A resolution is asked about once.
            entity.HasIndex(row => new { row.TenantId, row.TicketId, row.Resolution, row.Kind }).IsUnique();
            entity.HasIndex(row => new { row.TenantId, row.ConversationId });
            entity.Property(row => row.Kind).HasMaxLength(20);
            entity.Property(row => row.TraceParent).HasMaxLength(60);
            entity.Property(row => row.AnswerRequestId).HasMaxLength(100);
            entity.Property(row => row.Comment).HasMaxLength(Survey.LongestComment);
        });
        modelBuilder.Entity<ConversationFacts>(entity =>
        {
            entity.ToTable("conversation_facts");
            entity.HasKey(row => row.ConversationId);
            entity.Property(row => row.ConversationId).ValueGeneratedNever();
            entity.HasIndex(row => new { row.TenantId, row.StartedAt });
            entity.Property(row => row.Day).HasMaxLength(10);
        });
        modelBuilder.Entity<TicketFacts>(entity =>
        {
            entity.ToTable("ticket_facts");
            entity.HasKey(row => row.TicketId);
            entity.Property(row => row.TicketId).ValueGeneratedNever();
            entity.HasIndex(row => new { row.TenantId, row.ConversationId });
            entity.Property(row => row.Expert).HasMaxLength(36);
        });
    }
}

internal sealed class SqliteSurveysDb(DbContextOptions<SqliteSurveysDb> options) : SurveysDb(options);

internal sealed class PostgresSurveysDb(DbContextOptions<PostgresSurveysDb> options) : SurveysDb(options);

internal sealed class SurveysDesignTime : IDesignTimeDbContextFactory<SqliteSurveysDb>, IDesignTimeDbContextFactory<PostgresSurveysDb>
{
    SqliteSurveysDb IDesignTimeDbContextFactory<SqliteSurveysDb>.CreateDbContext(string[] args) =>
        new(DesignTime.Sqlite<SqliteSurveysDb>());

    PostgresSurveysDb IDesignTimeDbContextFactory<PostgresSurveysDb>.CreateDbContext(string[] args) =>
        new(DesignTime.Postgres<PostgresSurveysDb>());
}
