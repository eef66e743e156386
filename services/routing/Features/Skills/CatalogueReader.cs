using Microsoft.EntityFrameworkCore;
using Relais.Common.Data;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Data;

namespace Relais.Routing.Features.Skills;

/// <summary>The catalogue as the contract shows it.</summary>
internal sealed class CatalogueReader(RoutingDb db)
{
    /// <summary>The most skills that a tenant's catalogue holds.</summary>
    public const int MostSkills = 5_000;

    public async Task<SkillCatalogue> ReadAsync(CancellationToken cancellationToken) => new()
    {
        Closed = await db.Catalogues.AsNoTracking().AnyAsync(row => row.Closed, cancellationToken),
        SkillCount = await db.Skills.CountAsync(cancellationToken),
    };

    public static Skill Of(SkillRow row)
    {
        var skill = new Skill { Id = row.Name, NameFr = row.NameFr, NameEn = row.NameEn, Parent = row.Parent, Etag = Etags.Of(row) };
        skill.Synonyms.AddRange(row.Synonyms);
        return skill;
    }
}
