using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Routing.Domain;

namespace Relais.Routing.Data;

/// <summary>Experts, the work that waits or is in hand, offers and decisions.</summary>
internal abstract class RoutingDb(DbContextOptions options) : ServiceDb(options)
{
    public DbSet<ExpertRow> Experts => Set<ExpertRow>();

    public DbSet<ExpertSkillRow> ExpertSkills => Set<ExpertSkillRow>();

    public DbSet<WorkItemRow> WorkItems => Set<WorkItemRow>();

    public DbSet<OfferRow> Offers => Set<OfferRow>();

    public DbSet<DecisionRow> Decisions => Set<DecisionRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) => configurationBuilder
        .StoreAsJson<Decision>()
        .StoreAsJson<IReadOnlyList<StoredLanguage>>()
        .StoreAsJson<IReadOnlyList<StoredShift>>()
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
    }
}

internal sealed class SqliteRoutingDb(DbContextOptions<SqliteRoutingDb> options) : RoutingDb(options);

internal sealed class PostgresRoutingDb(DbContextOptions<PostgresRoutingDb> options) : RoutingDb(options);

internal sealed class RoutingDbDesign : IDesignTimeDbContextFactory<SqliteRoutingDb>, IDesignTimeDbContextFactory<PostgresRoutingDb>
{
    SqliteRoutingDb IDesignTimeDbContextFactory<SqliteRoutingDb>.CreateDbContext(string[] args) => new(DesignTime.Sqlite<SqliteRoutingDb>());

    PostgresRoutingDb IDesignTimeDbContextFactory<PostgresRoutingDb>.CreateDbContext(string[] args) => new(DesignTime.Postgres<PostgresRoutingDb>());
}
