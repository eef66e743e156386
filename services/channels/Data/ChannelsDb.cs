using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Relais.Channels.Domain;
using Relais.Common.Data;

namespace Relais.Channels.Data;

internal abstract class ChannelsDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<Conversation> Conversations => Set<Conversation>();

    public DbSet<Message> Messages => Set<Message>();

    protected abstract ConversationQueries Queries { get; }

    /// <summary>A conversation to change; null where the tenant has none with that id.</summary>
    public Task<Conversation?> FindAsync(Guid conversationId, CancellationToken cancellationToken) => Queries.Tracked(this, conversationId, cancellationToken);

    /// <summary>Conversations to change by statements of one's own, without those that somebody else has locked. On PostgreSQL.</summary>
    public async Task<Dictionary<Guid, Conversation>> LockFreeAsync(List<Guid> conversationIds)
    {
        var conversations = new Dictionary<Guid, Conversation>(conversationIds.Count);
        await foreach (var conversation in Queries.Free(this, conversationIds))
            conversations.Add(conversation.Id, conversation);
        return conversations;
    }

    /// <summary>The conversation that an event speaks of.</summary>
    /// <exception cref="ConversationMissingException">The tenant has none with that id.</exception>
    public async Task<Conversation> GetAsync(Guid conversationId, CancellationToken cancellationToken) =>
        await FindAsync(conversationId, cancellationToken) ?? throw new ConversationMissingException(conversationId);

    /// <exception cref="ConversationMissingException">The tenant has none with that id.</exception>
    public async Task<string> LocaleOfAsync(Guid conversationId, CancellationToken cancellationToken) =>
        await Conversations.Where(row => row.Id == conversationId).Select(row => row.Locale).FirstOrDefaultAsync(cancellationToken)
            ?? throw new ConversationMissingException(conversationId);

    /// <summary>The messages after a sequence, in order.</summary>
    public async Task<List<Message>> ReadOnAsync(Guid conversationId, int afterSequence, int most, CancellationToken cancellationToken)
    {
        var messages = new List<Message>();
        await foreach (var message in Queries.Following(this, conversationId, afterSequence, most).WithCancellation(cancellationToken))
            messages.Add(message);
        return messages;
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<MessageDetails>().HaveConversion<MessageJson.Converter, MessageJson.Comparer>();

    protected override void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Conversation>(entity =>
        {
            entity.ToTable("conversations");
            entity.HasKey(row => row.Id);
            entity.Property(row => row.Id).ValueGeneratedNever();
            entity.Property(row => row.Channel).HasMaxLength(50);
            entity.Property(row => row.Locale).HasMaxLength(35);
            entity.Property(row => row.CustomerName).HasMaxLength(200);
            entity.Property(row => row.CustomerEmail).HasMaxLength(254);
            entity.Property(row => row.CustomerTier).HasMaxLength(20);
            entity.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
            entity.Property(row => row.TicketNumber).HasMaxLength(20);
            entity.Property(row => row.TraceParent).HasMaxLength(60);
            entity.HasIndex(row => new { row.TenantId, row.Id });
            entity.HasIndex(row => new { row.TenantId, row.CustomerId, row.Id });
            entity.HasIndex(row => new { row.TenantId, row.State, row.Id });
        });
        modelBuilder.Entity<Message>(entity =>
        {
            entity.ToTable("messages");
            // The key makes a gap-free, single use of each sequence a matter of the database too.
            entity.HasKey(row => new { row.ConversationId, row.Sequence });
            entity.Property(row => row.Sequence).ValueGeneratedNever();
            entity.Property(row => row.Author).HasConversion<string>().HasMaxLength(20);
            entity.Property(row => row.AuthorName).HasMaxLength(200);
            entity.HasOne<Conversation>().WithMany().HasForeignKey(row => row.ConversationId).OnDelete(DeleteBehavior.Cascade);
        });
    }
}

internal sealed class SqliteChannelsDb(DbContextOptions<SqliteChannelsDb> options) : ChannelsDb(options)
{
    private static readonly ConversationQueries Compiled = new();

    protected override ConversationQueries Queries => Compiled;
}

internal sealed class PostgresChannelsDb(DbContextOptions<PostgresChannelsDb> options) : ChannelsDb(options)
{
    private static readonly ConversationQueries Compiled = new();

    protected override ConversationQueries Queries => Compiled;
}

internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<SqliteChannelsDb>, IDesignTimeDbContextFactory<PostgresChannelsDb>
{
    SqliteChannelsDb IDesignTimeDbContextFactory<SqliteChannelsDb>.CreateDbContext(string[] args) => new(DesignTime.Sqlite<SqliteChannelsDb>());

    PostgresChannelsDb IDesignTimeDbContextFactory<PostgresChannelsDb>.CreateDbContext(string[] args) => new(DesignTime.Postgres<PostgresChannelsDb>());
}
