using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;

namespace Relais.Routing.Data;

/// <summary>Experts, the work that waits or is in hand, offers and decisions.</summary>
internal abstract class RoutingDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<ExpertRow> Experts => Set<ExpertRow>();

    public DbSet<ExpertSkillRow> ExpertSkills => Set<ExpertSkillRow>();

    public DbSet<WorkItemRow> WorkItems => Set<WorkItemRow>();

    public DbSet<OfferRow> Offers => Set<OfferRow>();

    public DbSet<DecisionRow> Decisions => Set<DecisionRow>();

    public DbSet<SkillRow> Skills => Set<SkillRow>();

    public DbSet<CatalogueRow> Catalogues => Set<CatalogueRow>();

    public DbSet<TeamRow> Teams => Set<TeamRow>();

    public DbSet<PolicyRow> Policies => Set<PolicyRow>();

    public DbSet<QueuePauseRow> Pauses => Set<QueuePauseRow>();

    public DbSet<AuditRow> Audit => Set<AuditRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => configurationBuilder
        .StoreAsJson<Decision>()
        .StoreAsJson<IReadOnlyList<StoredLanguage>>()
        .StoreAsJson<IReadOnlyList<PolicyHours>>()
        .StoreAsJson<IReadOnlyList<string>>()
        .StoreAsJson<IReadOnlyDictionary<string, int>>()
        .StoreAsJson<PolicyDefinition>()
        .StoreAsJson<IReadOnlyList<SkillRequirement>>()
        .StoreAsJson<IReadOnlyList<Guid>>()
        .StoreAsJson<IReadOnlyDictionary<Guid, int>>();

    protected override void Configure(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ExpertRow>(ExpertRow.Configure);
        modelBuilder.Entity<ExpertSkillRow>(ExpertSkillRow.Configure);
        modelBuilder.Entity<WorkItemRow>(WorkItemRow.Configure);
        modelBuilder.Entity<OfferRow>(OfferRow.Configure);
        modelBuilder.Entity<DecisionRow>(DecisionRow.Configure);
        LeaseRow.Configure(modelBuilder);
        modelBuilder.Entity<SkillRow>(SkillRow.Configure);
        modelBuilder.Entity<CatalogueRow>(CatalogueRow.Configure);
        modelBuilder.Entity<TeamRow>(TeamRow.Configure);
        modelBuilder.Entity<PolicyRow>(PolicyRow.Configure);
        modelBuilder.Entity<QueuePauseRow>(QueuePauseRow.Configure);
        modelBuilder.Entity<AuditRow>(AuditRow.Configure);
    }
}

internal sealed class SqliteRoutingDb(DbContextOptions<SqliteRoutingDb> options) : RoutingDb(options);

internal sealed class PostgresRoutingDb(DbContextOptions<PostgresRoutingDb> options) : RoutingDb(options)
{
    protected override void Configure(ModelBuilder modelBuilder)
    {
        base.Configure(modelBuilder);
        // A row's next state finds room beside the one before: then no index has to learn where it is.
        modelBuilder.Entity<WorkItemRow>().HasStorageParameter("fillfactor", 70);
        modelBuilder.Entity<OfferRow>().HasStorageParameter("fillfactor", 70);
    }
}

internal sealed class RoutingDbDesign : IDesignTimeDbContextFactory<SqliteRoutingDb>, IDesignTimeDbContextFactory<PostgresRoutingDb>
{
    SqliteRoutingDb IDesignTimeDbContextFactory<SqliteRoutingDb>.CreateDbContext(string[] args) => new(DesignTime.Sqlite<SqliteRoutingDb>());

    PostgresRoutingDb IDesignTimeDbContextFactory<PostgresRoutingDb>.CreateDbContext(string[] args) => new(DesignTime.Postgres<PostgresRoutingDb>());
}
