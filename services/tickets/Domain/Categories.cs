using System.Collections.Frozen;
using Relais.Contracts.Channels;

namespace Relais.Tickets.Domain;

/// <summary>Each tenant's categories with the skills that their matters require.</summary>
internal sealed class Categories(IEnumerable<(string Tenant, string Category, IReadOnlyList<RequiredSkill> Skills)> known)
{
    private readonly FrozenDictionary<(string Tenant, string Category), IReadOnlyList<RequiredSkill>> skills =
        known.ToFrozenDictionary(entry => (entry.Tenant, entry.Category), entry => entry.Skills);

    /// <summary>The skills of a category; none for one that is not known.</summary>
    public IReadOnlyList<RequiredSkill> SkillsOf(string tenant, string category) => skills.GetValueOrDefault((tenant, category), []);
}
