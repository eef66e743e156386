using Microsoft.EntityFrameworkCore;
using Relais.Routing.Domain;
using Relais.Routing.Domain.Policies;
using Relais.Routing.Domain.Skills;

namespace Relais.Routing.Data;

/// <summary>Reads what a tenant has written down about routing.</summary>
internal static class BookReader
{
    /// <param name="usual">What counts where nothing is written.</param>
    public static async Task<RoutingBook> BookAsync(this RoutingDb db, RoutingPolicy usual, CancellationToken cancellationToken)
    {
        var teams = await db.Teams.AsNoTracking().Where(row => row.DissolvedAt == null).OrderBy(row => row.Id).ToListAsync(cancellationToken);
        var policies = await db.Policies.AsNoTracking().Where(row => row.State == PolicyState.Active).OrderBy(row => row.Group).ToListAsync(cancellationToken);
        var pauses = await db.Pauses.AsNoTracking().ToListAsync(cancellationToken);
        return new RoutingBook(
            await db.CatalogueAsync(cancellationToken), [.. teams.Select(row => row.ToTeam())],
            [.. policies.Select(row => new GroupPolicy(row.Group, row.Definition))], [.. pauses.Select(row => row.ToPause())],
            usual);
    }

    public static async Task<SkillCatalogue> CatalogueAsync(this RoutingDb db, CancellationToken cancellationToken)
    {
        var closed = await db.Catalogues.AsNoTracking().AnyAsync(row => row.Closed, cancellationToken);
        var skills = await db.Skills.AsNoTracking().OrderBy(row => row.Key).ToListAsync(cancellationToken);
        return new SkillCatalogue(skills.Select(row => row.ToSkill()), closed);
    }
}
