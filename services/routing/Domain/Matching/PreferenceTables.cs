using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// A rule's preferences for one kind of work and stage as ranks: of a level and a standing, 0 for the best. Equal preferences
/// have equal ranks; who must not be chosen has <see cref="Never"/>.
/// </summary>
internal sealed class Preferences
{
    public const byte Never = byte.MaxValue;

    private readonly byte[] _ranks;

    internal Preferences(byte[] ranks, int standings)
    {
        _ranks = ranks;
        var pairs = ranks.Index().Where(pair => pair.Item != Never).ToList();
        Groups =
        [
            .. pairs.GroupBy(pair => pair.Item).OrderBy(group => group.Key)
                .Select(group => group.Select(pair => ((byte)(pair.Index / MatchingRule.MostStandings), (byte)(pair.Index % MatchingRule.MostStandings))).ToArray()),
        ];
        ExcludesStandings = pairs.GroupBy(pair => pair.Index / MatchingRule.MostStandings).Any(level => level.Count() < standings);
        TakesAll = Groups.Length == 1 && pairs.Count == (Level.Master + 1) * standings;
    }

    /// <summary>The levels and standings of each rank, the best rank first.</summary>
    public (byte Level, byte Standing)[][] Groups { get; }

    /// <summary>Whether all are equal.</summary>
    public bool TakesAll { get; }

    /// <summary>Whether of experts of one level some must not be chosen.</summary>
    public bool ExcludesStandings { get; }

    public byte Rank(int level, int standing) => _ranks[(level * MatchingRule.MostStandings) + standing];
}

/// <summary>Preferences as tables, one for all that share it.</summary>
internal sealed class PreferenceTables(MatchingRule rule)
{
    private readonly Dictionary<string, Preferences> _tables = new(StringComparer.Ordinal);

    public Preferences Of(WorkClass work, int stage)
    {
        var ranks = new byte[(Level.Master + 1) * MatchingRule.MostStandings];
        Array.Fill(ranks, Preferences.Never);
        var pairs = new List<(double Preference, int Pair)>();
        for (var level = Level.None; level <= Level.Master; level++)
        {
            for (var standing = 0; standing < rule.Standings; standing++)
            {
                var preference = rule.Preference(work, stage, level, standing);
                if (!double.IsNaN(preference) && !double.IsNegativeInfinity(preference))
                    pairs.Add((preference, (level * MatchingRule.MostStandings) + standing));
            }
        }

        pairs.Sort(static (a, b) => b.Preference.CompareTo(a.Preference));
        var rank = -1;
        foreach (var (position, (preference, pair)) in pairs.Index())
        {
            if (position == 0 || preference != pairs[position - 1].Preference) rank++;
            ranks[pair] = (byte)rank;
        }

        var key = string.Create(ranks.Length, ranks, static (text, bytes) =>
        {
            for (var at = 0; at < bytes.Length; at++) text[at] = (char)bytes[at];
        });
        if (!_tables.TryGetValue(key, out var table)) _tables.Add(key, table = new Preferences(ranks, rule.Standings));
        return table;
    }
}
