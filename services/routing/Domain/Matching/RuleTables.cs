using System.Runtime.InteropServices;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// What a rule answers for one kind of work and stage: by level and standing, preferences as ranks, 0 for the best, and
/// worths; and the pressure of a wait. Equal preferences have equal ranks; who must not be chosen has <see cref="Never"/>.
/// </summary>
internal sealed class RuleTable
{
    public const byte Never = byte.MaxValue;

    /// <summary>The worth where the preference is never.</summary>
    public const double Excluded = -1;

    private readonly byte[] _ranks;

    internal RuleTable(byte[] ranks, double[] worths, int standings, Pressure pressure)
    {
        (_ranks, Pressure) = (ranks, pressure);
        Worths = [.. worths.Zip(ranks, (worth, rank) => rank == Never ? Excluded : worth)];
        var most = Excluded;
        for (var level = Level.None; level <= Level.Master; level++)
        {
            for (var standing = 0; standing < standings; standing++) most = Math.Max(most, Worths[At(level, standing)]);
            MostUpTo[level] = most;
        }

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

    public Pressure Pressure { get; }

    /// <summary>Worths at <see cref="At"/>; <see cref="Excluded"/> where the preference is never.</summary>
    public double[] Worths { get; }

    /// <summary>By level, the greatest worth of that level or a lower one.</summary>
    public double[] MostUpTo { get; } = new double[Level.Master + 1];

    public static int At(int level, int standing) => (level * MatchingRule.MostStandings) + standing;

    public byte Rank(int level, int standing) => _ranks[At(level, standing)];
}

/// <summary>A rule's answers as tables, one for all kinds of work and stages that share it.</summary>
internal sealed class RuleTables(MatchingRule rule)
{
    private readonly Dictionary<(string Answers, Pressure Pressure), RuleTable> _tables = [];

    public RuleTable Of(WorkClass work, int stage)
    {
        var ranks = new byte[(Level.Master + 1) * MatchingRule.MostStandings];
        var worths = new double[ranks.Length];
        Array.Fill(ranks, RuleTable.Never);
        var pairs = new List<(double Preference, int Pair)>();
        for (var level = Level.None; level <= Level.Master; level++)
        {
            for (var standing = 0; standing < rule.Standings; standing++)
            {
                var pair = (level * MatchingRule.MostStandings) + standing;
                worths[pair] = rule.Worth(work, stage, level, standing);
                var preference = rule.Preference(work, stage, level, standing);
                if (!double.IsNaN(preference) && !double.IsNegativeInfinity(preference)) pairs.Add((preference, pair));
            }
        }

        pairs.Sort(static (a, b) => b.Preference.CompareTo(a.Preference));
        var rank = -1;
        foreach (var (position, (preference, pair)) in pairs.Index())
        {
            if (position == 0 || preference != pairs[position - 1].Preference) rank++;
            ranks[pair] = (byte)rank;
        }

        var key = (string.Concat(Convert.ToHexString(ranks), Convert.ToHexString(MemoryMarshal.AsBytes(worths.AsSpan()))), rule.PressureOf(work, stage));
        if (!_tables.TryGetValue(key, out var table)) _tables.Add(key, table = new RuleTable(ranks, worths, rule.Standings, key.Item2));
        return table;
    }
}
