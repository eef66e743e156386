using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Relais.Common.Data;
using Relais.Knowledge.Domain;

namespace Relais.Knowledge.Data;

/// <summary>Articles with their drafts, and every version that was published.</summary>
internal abstract class KnowledgeDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<Article> Articles => Set<Article>();

    public DbSet<ArticleVersion> Versions => Set<ArticleVersion>();

    protected override void Configure(ModelBuilder modelBuilder)
    {
        // A value in a column, not a row.
        modelBuilder.Ignore<SkillNeed>();
        modelBuilder.Entity<Article>(article =>
        {
            article.ToTable("articles");
            article.HasKey(row => row.Id);
            article.Property(row => row.Id).ValueGeneratedNever();
            article.Property(row => row.ExternalId).HasMaxLength(ArticleRules.LongestExternalId);
            article.Ignore(row => row.IsFound);
            article.HasIndex(row => new { row.TenantId, row.ExternalId, row.Locale }).IsUnique();
            // Serves every filter of the list and its count without touching the bodies.
            article.HasIndex(row => new { row.TenantId, row.Id, row.State, row.Locale, row.Category, row.Audience });
            Text(article);
        });
        modelBuilder.Entity<ArticleVersion>(version =>
        {
            version.ToTable("article_versions");
            version.HasKey(row => new { row.ArticleId, row.Version });
            version.Property(row => row.Version).ValueGeneratedNever();
            version.Property(row => row.ExternalId).HasMaxLength(ArticleRules.LongestExternalId);
            version.HasOne<Article>().WithMany().HasForeignKey(row => row.ArticleId).OnDelete(DeleteBehavior.Cascade);
            version.HasIndex(row => new { row.TenantId, row.ArticleId, row.Version });
            Text(version);
        });
    }

    private static void Text<TText>(EntityTypeBuilder<TText> text) where TText : ArticleText
    {
        text.Property(row => row.Title).HasMaxLength(ArticleRules.LongestTitle);
        text.Property(row => row.Locale).HasMaxLength(ArticleRules.LongestLocale);
        text.Property(row => row.Category).HasMaxLength(ArticleRules.LongestName);
        text.Property(row => row.Audience).HasMaxLength(ArticleRules.LongestName);
        text.Property(row => row.RequiredSkills).HasConversion(Skills, SameSkills);
    }

    private static readonly ValueConverter<SkillNeed[], string> Skills = new(
        skills => JsonSerializer.Serialize(skills, JsonSerializerOptions.Web),
        stored => JsonSerializer.Deserialize<SkillNeed[]>(stored, JsonSerializerOptions.Web) ?? Array.Empty<SkillNeed>());

    private static readonly ValueComparer<SkillNeed[]> SameSkills = new(
        (one, other) => ReferenceEquals(one, other) || (one != null && other != null && one.SequenceEqual(other)),
        skills => skills.Aggregate(0, (hash, skill) => HashCode.Combine(hash, skill)),
        skills => skills);
}

internal sealed class SqliteKnowledgeDb(DbContextOptions<SqliteKnowledgeDb> options) : KnowledgeDb(options);

internal sealed class PostgresKnowledgeDb(DbContextOptions<PostgresKnowledgeDb> options) : KnowledgeDb(options);

internal sealed class KnowledgeDbDesign : IDesignTimeDbContextFactory<SqliteKnowledgeDb>, IDesignTimeDbContextFactory<PostgresKnowledgeDb>
{
    SqliteKnowledgeDb IDesignTimeDbContextFactory<SqliteKnowledgeDb>.CreateDbContext(string[] args) => new(DesignTime.Sqlite<SqliteKnowledgeDb>());

    PostgresKnowledgeDb IDesignTimeDbContextFactory<PostgresKnowledgeDb>.CreateDbContext(string[] args) => new(DesignTime.Postgres<PostgresKnowledgeDb>());
}
