using System.Numerics;
using Relais.Routing.Domain.Rules;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// The best expert for an item, exactly, without looking at everybody: the bitmaps of what is required are put on top of
/// each other; of what remains the best rank of the rule's preferences is found, and in it the first position.
/// </summary>
internal sealed class ExpertSearch(ExpertIndex index)
{
    private const int BitsPerWord = 64;

    // Up to here looking at each costs less than looking for one rank after the other.
    private const int Few = 512;

    private ulong[] _candidates = [];
    private ulong[] _equals = [];

    /// <summary>
    /// Finds who is free and meets a requirement at a level or better; what the other questions are about.
    /// </summary>
    /// <returns>How many they are.</returns>
    public int Find(Requirement requirement, int minimumLevel) =>
        requirement.Lane.FreeCount == 0 ? 0 : Find(requirement, minimumLevel, requirement.Lane.Free);

    /// <summary>The same among any experts, free or not.</summary>
    public int Find(Requirement requirement, int minimumLevel, Bitmap among)
    {
        Fit();
        if (Overlay(requirement, minimumLevel, among) is > 0 and var found) return found;
        Array.Clear(_candidates);
        return 0;
    }

    /// <summary>
    /// Finds who is free and meets a requirement at any level, and tells after each step how many were left: of those free,
    /// then those with the language, then with each skill.
    /// </summary>
    public int[] Narrow(Requirement requirement)
    {
        var left = new int[2 + requirement.Skills.Length];
        var free = requirement.Lane.Free;
        left[0] = requirement.Lane.FreeCount;
        if (left[0] == 0) return left;
        Fit();
        var language = requirement is { Language: { } spoken, LanguageMinimum: > 0 and var atLeast } ? spoken.AtLeast(atLeast) : free;
        left[1] = language.IsAllocated ? Bitmap.And(_candidates, free.Words, language.Words, language.Words) : 0;
        for (var at = 0; at < requirement.Skills.Length && left[at + 1] > 0; at++)
        {
            var needed = requirement.Skills[at];
            var map = needed.Minimum == 0 ? null : needed.Maps.AtLeast(needed.Minimum);
            left[at + 2] = map is null ? left[at + 1] : map.IsAllocated ? Bitmap.And(_candidates, map.Words) : 0;
        }

        return left;
    }

    public bool Holds(int position) => (_candidates[position / BitsPerWord] >> (position % BitsPerWord) & 1) != 0;

    /// <summary>Leaves an expert out of what was found.</summary>
    /// <returns>Whether they had been found.</returns>
    public bool Except(int position)
    {
        if (!Holds(position)) return false;
        _candidates[position / BitsPerWord] &= ~(1UL << (position % BitsPerWord));
        return true;
    }

    /// <summary>The positions that were found, in their order.</summary>
    public IEnumerable<int> Found()
    {
        for (var word = 0; word < _candidates.Length; word++)
            for (var bits = _candidates[word]; bits != 0; bits &= bits - 1)
                yield return (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits);
    }

    /// <summary>The positions of a set that were not found, in their order.</summary>
    public IEnumerable<int> Others(Bitmap among)
    {
        if (!among.IsAllocated) yield break;
        for (var word = 0; word < _candidates.Length; word++)
            for (var bits = among.Words[word] & ~_candidates[word]; bits != 0; bits &= bits - 1)
                yield return (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits);
    }

    /// <summary>The best of what was found; -1 when nobody may be chosen.</summary>
    public int Best(Requirement requirement, Preferences preferences, int count)
    {
        if (count == 0) return -1;
        var (rank, position) = preferences.TakesAll ? (0, Bitmap.First(_candidates))
            : count <= Few ? BestByLooking(requirement, preferences)
            : BestByRank(requirement, preferences);
        if (position < 0 || !index.Rule.ComparesAllSkills || (requirement.Skills.Length < 2 && requirement.Language is null)) return position;
        return BestOfEquals(requirement, preferences, rank);
    }

    /// <summary>By level 0 to 5, how many experts meet a requirement at that level or better.</summary>
    public int[] CountByLevel(Requirement requirement, Bitmap among)
    {
        var counts = new int[Level.Master + 1];
        for (var level = Level.None; level <= Level.Master; level++)
        {
            var same = level > 0 && (requirement.Skills.Length == 0 || level <= requirement.LowestLevel);
            counts[level] = same ? counts[level - 1] : Find(requirement, level, among);
            if (counts[level] == 0) break;
        }

        return counts;
    }

    private int Overlay(Requirement requirement, int minimumLevel, Bitmap among)
    {
        if (!among.IsAllocated) return 0;
        var (first, second) = (among, among);
        var chained = 0;
        if (requirement is { Language: { } language, LanguageMinimum: > 0 and var atLeast } && !Chain(language.AtLeast(atLeast), ref first, ref second, ref chained))
            return 0;
        var count = -1;
        foreach (var needed in requirement.Skills)
        {
            var level = Math.Max(needed.Minimum, minimumLevel);
            if (level == 0) continue;
            var map = needed.Maps.AtLeast(level);
            if (!map.IsAllocated) return 0;
            if (chained < 2)
            {
                Chain(map, ref first, ref second, ref chained);
                continue;
            }

            if (count < 0) Bitmap.And(_candidates, among.Words, first.Words, second.Words);
            count = Bitmap.And(_candidates, map.Words);
            if (count == 0) return 0;
        }

        return count >= 0 ? count : Bitmap.And(_candidates, among.Words, first.Words, second.Words);
    }

    private void Fit()
    {
        if (_candidates.Length * BitsPerWord != index.Capacity)
            (_candidates, _equals) = (new ulong[index.Capacity / BitsPerWord], new ulong[index.Capacity / BitsPerWord]);
    }

    private static bool Chain(Bitmap map, ref Bitmap first, ref Bitmap second, ref int chained)
    {
        if (chained++ == 0) first = map;
        else second = map;
        return map.IsAllocated;
    }

    private (int Rank, int Position) BestByLooking(Requirement requirement, Preferences preferences)
    {
        var (best, position) = ((int)Preferences.Never, -1);
        for (var word = 0; word < _candidates.Length; word++)
        {
            var left = _candidates[word];
            for (var level = (int)Level.Master; left != 0 && level >= Level.None; level--)
            {
                var bits = left & AtLeast(requirement, level, word);
                left &= ~bits;
                for (; bits != 0; bits &= bits - 1)
                {
                    var candidate = (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits);
                    var rank = preferences.Rank(level, index.StandingAt(candidate));
                    if (rank > best || (rank == best && (position < 0 || candidate > position)) || rank == Preferences.Never) continue;
                    (best, position) = (rank, candidate);
                }
            }

            if (best == 0) break;
        }

        return (best, position);
    }

    private (int Rank, int Position) BestByRank(Requirement requirement, Preferences preferences)
    {
        for (var rank = 0; rank < preferences.Groups.Length; rank++)
        {
            var group = preferences.Groups[rank];
            if (!group.Any(pair => index.StandingCount(pair.Standing) > 0)) continue;
            for (var word = 0; word < _candidates.Length; word++)
            {
                if (_candidates[word] == 0) continue;
                var bits = _candidates[word] & Group(requirement, group, word);
                if (bits != 0) return (rank, (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits));
            }
        }

        return (Preferences.Never, -1);
    }

    // At equal preference: the level in the language, then the sum of the levels in all skills, then the position.
    private int BestOfEquals(Requirement requirement, Preferences preferences, int rank)
    {
        var group = preferences.Groups[rank];
        for (var word = 0; word < _candidates.Length; word++)
            _equals[word] = _candidates[word] == 0 ? 0 : _candidates[word] & Group(requirement, group, word);
        for (var level = (int)Level.Master; requirement.Language is { } language && level > Math.Max(1, requirement.LanguageMinimum); level--)
        {
            var speakers = language.AtLeast(level);
            if (!speakers.IsAllocated || !Bitmap.Meet(_equals, speakers.Words)) continue;
            Bitmap.And(_equals, speakers.Words);
            break;
        }

        if (requirement.Skills.Length < 2) return Bitmap.First(_equals);
        var (most, best) = (-1, -1);
        for (var word = 0; word < _equals.Length; word++)
        {
            for (var bits = _equals[word]; bits != 0; bits &= bits - 1)
            {
                var position = (word * BitsPerWord) + BitOperations.TrailingZeroCount(bits);
                var total = 0;
                foreach (var needed in requirement.Skills) total += needed.Maps.LevelOf(position);
                if (total > most) (most, best) = (total, position);
            }
        }

        return best;
    }

    private ulong Group(Requirement requirement, (byte Level, byte Standing)[] group, int word)
    {
        var bits = 0UL;
        foreach (var (level, standing) in group)
        {
            if (index.StandingCount(standing) == 0) continue;
            var exactly = AtLeast(requirement, level, word);
            if (exactly != 0 && level < Level.Master) exactly &= ~AtLeast(requirement, level + 1, word);
            bits |= exactly & index.StandingMap(standing).Words[word];
        }

        return bits;
    }

    private static ulong AtLeast(Requirement requirement, int level, int word)
    {
        var bits = ulong.MaxValue;
        foreach (var needed in requirement.Skills)
        {
            if (level == Level.None) continue;
            var map = needed.Maps.AtLeast(level);
            if (!map.IsAllocated) return 0;
            bits &= map.Words[word];
        }

        return bits;
    }
}
