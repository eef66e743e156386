using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Relais.Common.Data;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Data;

/// <summary>A skill of the catalogue.</summary>
internal sealed class SkillRow : ITenantOwned, IVersioned
{
    public string TenantId { get; set; } = "";

    /// <summary>The id in lower case, by which skills are compared.</summary>
    public required string Key { get; init; }

    public int Revision { get; set; }

    public required string Name { get; set; }

    public string NameFr { get; set; } = "";

    public string NameEn { get; set; } = "";

    public string Parent { get; set; } = "";

    public IReadOnlyList<string> Synonyms { get; set; } = [];

    public CatalogueSkill ToSkill() => new(Name, NameFr, NameEn, Parent, Synonyms);

    internal static void Configure(EntityTypeBuilder<SkillRow> entity)
    {
        entity.ToTable("skills");
        entity.HasKey(row => new { row.TenantId, row.Key });
        entity.Property(row => row.Key).HasMaxLength(ExpertSkillRow.LongestName);
        entity.Property(row => row.Name).HasMaxLength(ExpertSkillRow.LongestName);
        entity.Property(row => row.Parent).HasMaxLength(ExpertSkillRow.LongestName);
    }
}

/// <summary>What holds for a tenant's catalogue as a whole.</summary>
internal sealed class CatalogueRow : ITenantOwned, IVersioned
{
    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public bool Closed { get; set; }

    internal static void Configure(EntityTypeBuilder<CatalogueRow> entity)
    {
        entity.ToTable("skill_catalogues");
        entity.HasKey(row => row.TenantId);
    }
}

/// <summary>A team, also after it has dissolved.</summary>
internal sealed class TeamRow : ITenantOwned, IVersioned
{
    public const int LongestName = 100;

    public required Guid Id { get; init; }

    public string TenantId { get; set; } = "";

    public int Revision { get; set; }

    public required string Name { get; set; }

    public required TeamKind Kind { get; set; }

    public IReadOnlyList<string> Channels { get; set; } = [];

    public IReadOnlyList<Guid> Members { get; set; } = [];

    /// <summary>What an ad-hoc team was formed for.</summary>
    public IReadOnlyList<SkillRequirement> Skills { get; set; } = [];

    public Guid? TicketId { get; set; }

    public required DateTimeOffset FormedAt { get; init; }

    public DateTimeOffset? DissolvedAt { get; set; }

    public Team ToTeam() => new(Id, Name, Kind, Channels, Members, TicketId);

    internal static void Configure(EntityTypeBuilder<TeamRow> entity)
    {
        entity.ToTable("teams");
        entity.HasKey(row => row.Id);
        entity.HasIndex(row => new { row.TenantId, row.TicketId });
        entity.Property(row => row.Name).HasMaxLength(LongestName);
    }
}
