using System.Collections;

namespace Relais.Routing.Domain;

/// <summary>Levels of mastery: 0 (none) to 5 (master).</summary>
internal static class Level
{
    public const int None = 0;
    public const int Master = 5;

    public static bool IsValid(int level) => level is >= None and <= Master;
}

/// <summary>What an expert masters and how well. Names are compared without regard to case and keep their spelling.</summary>
internal sealed class SkillLevels : IEnumerable<KeyValuePair<string, int>>
{
    public static readonly SkillLevels Empty = new([]);

    private readonly Dictionary<string, int> _levels;

    /// <exception cref="ArgumentException">A name twice, an empty name, or a level outside 0 to 5.</exception>
    public SkillLevels(IEnumerable<KeyValuePair<string, int>> levels)
    {
        _levels = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var (skill, level) in levels)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(skill, nameof(levels));
            if (!Level.IsValid(level)) throw new ArgumentOutOfRangeException(nameof(levels), level, $"Level of {skill}: 0 to 5.");
            if (!_levels.TryAdd(skill, level)) throw new ArgumentException($"{skill} is given twice.", nameof(levels));
        }
    }

    public int this[string skill] => _levels.GetValueOrDefault(skill);

    public IEnumerator<KeyValuePair<string, int>> GetEnumerator() => _levels.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>
/// The languages of an expert with their levels, by primary subtag: who speaks <c>fr</c> serves <c>fr-CA</c> too.
/// </summary>
internal sealed class LanguageLevels : IEnumerable<KeyValuePair<string, int>>
{
    public static readonly LanguageLevels Empty = new([]);

    private readonly List<KeyValuePair<string, int>> _given;
    private readonly Dictionary<string, int> _levels = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="ArgumentException">An empty tag or a level outside 0 to 5.</exception>
    public LanguageLevels(IEnumerable<KeyValuePair<string, int>> levels)
    {
        _given = [.. levels];
        foreach (var (tag, level) in _given)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(tag, nameof(levels));
            if (!Level.IsValid(level)) throw new ArgumentOutOfRangeException(nameof(levels), level, $"Level of {tag}: 0 to 5.");
            var language = Primary(tag);
            _levels[language] = Math.Max(level, _levels.GetValueOrDefault(language));
        }
    }

    /// <summary>The level in a language tag, 0 when it is not spoken.</summary>
    public int this[string tag] => _levels.GetValueOrDefault(Primary(tag));

    /// <summary><c>fr</c> of <c>fr-CA</c>.</summary>
    public static string Primary(string tag) => tag.IndexOfAny(['-', '_']) is > 0 and var end ? tag[..end] : tag;

    public IEnumerator<KeyValuePair<string, int>> GetEnumerator() => _given.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
