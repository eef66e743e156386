namespace Relais.Routing.Domain.Skills;

/// <summary>A skill that there is to master.</summary>
/// <param name="Id">The name that tickets, articles and experts use.</param>
/// <param name="Parent">The skill that whoever masters this one masters too; empty for none.</param>
internal sealed record CatalogueSkill(string Id, string NameFr, string NameEn, string Parent, IReadOnlyList<string> Synonyms);

/// <summary>
/// The skills of a tenant: what they are called, and which implies which. Names are compared without regard to case. A
/// name that it does not know stands for itself.
/// </summary>
internal sealed class SkillCatalogue
{
    public static readonly SkillCatalogue Empty = new([], closed: false);

    private readonly Dictionary<string, CatalogueSkill> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IReadOnlyList<string>> _implied = new(StringComparer.OrdinalIgnoreCase);

    public SkillCatalogue(IEnumerable<CatalogueSkill> skills, bool closed)
    {
        Closed = closed;
        Skills = [.. skills];
        foreach (var skill in Skills)
            _byName.TryAdd(skill.Id, skill);
        foreach (var skill in Skills)
            foreach (var synonym in skill.Synonyms)
                _byName.TryAdd(synonym, skill);
    }

    /// <summary>Whether experts can be given only what is in it.</summary>
    public bool Closed { get; }

    public IReadOnlyList<CatalogueSkill> Skills { get; }

    /// <summary>The skill of an id or a synonym; null when there is none.</summary>
    public CatalogueSkill? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The id under which a name is known; the name itself when it is not.</summary>
    public string IdOf(string name) => Find(name)?.Id ?? name;

    /// <summary>Whether two names mean one skill.</summary>
    public bool AreSame(string one, string other) => string.Equals(IdOf(one), IdOf(other), StringComparison.OrdinalIgnoreCase);

    /// <summary>Every name that mastering a skill satisfies: its own, its synonyms, and those of all its ancestors.</summary>
    public IReadOnlyList<string> Satisfies(string name)
    {
        if (_implied.TryGetValue(name, out var known))
            return known;
        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Add(name);
        // A parent that is not there ends the line, and so does one that has been seen, should a cycle ever be stored.
        for (var skill = Find(name); skill is not null; skill = Find(skill.Parent))
        {
            if (!seen.Contains(skill.Id) || skill == Find(name))
                Add(skill.Id);
            else
                break;
            foreach (var synonym in skill.Synonyms)
                Add(synonym);
            if (skill.Parent.Length == 0)
                break;
        }

        return _implied[name] = names;

        void Add(string one)
        {
            if (seen.Add(one))
                names.Add(one);
        }
    }

    /// <summary>
    /// The way back to a skill along its ancestors, if it had this parent: <c>a → b → a</c>. Null when it would not come
    /// back.
    /// </summary>
    public IReadOnlyList<string>? CycleWith(string id, string parent)
    {
        var path = new List<string> { id };
        var at = IdOf(parent);
        while (at.Length > 0)
        {
            path.Add(at);
            if (string.Equals(at, id, StringComparison.OrdinalIgnoreCase))
                return path;
            if (path.Count > Skills.Count + 2)
                return path;
            at = Find(at)?.Parent is { Length: > 0 } next ? IdOf(next) : "";
        }

        return null;
    }
}
