using System.Numerics;
using System.Runtime.Intrinsics;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// The best expert for an item, exactly, without looking at everybody: the bitmaps of what is required are put on top of
/// each other; of what remains the best rank of the rule's preferences is found, and in it who comes first of equals.
/// </summary>
internal sealed class ExpertSearch(ExpertIndex index)
{
    // Up to here looking at each costs less than looking for one rank after the other.
    private const int Few = 512;

    private readonly FoundSet _found = new();
    private readonly FoundSet _equals = new();
    private readonly int[] _members = new int[Few];

    /// <summary>
    /// Finds who is free and meets a requirement at a level or better; what the other questions are about.
    /// </summary>
    /// <returns>How many they are.</returns>
    public int Find(Requirement requirement, int minimumLevel) =>
        IsHopeless(requirement, minimumLevel) ? FindNobody() : Find(requirement, minimumLevel, requirement.Lane.Free);

    /// <summary>The same among any experts, free or not.</summary>
    public int Find(Requirement requirement, int minimumLevel, Bitmap among)
    {
        _found.Fit(index.Capacity);
        if (!among.IsAllocated) return FindNobody();
        var second = among;
        if (requirement is { Language: { } language, LanguageMinimum: > 0 and var atLeast })
        {
            second = language.AtLeast(atLeast);
            if (!second.IsAllocated) return FindNobody();
        }

        var count = -1;
        foreach (var needed in requirement.Skills)
        {
            var level = needed.MinimumFor(minimumLevel);
            if (level == Level.None) continue;
            var map = needed.Maps.AtLeast(level);
            if (!map.IsAllocated) return FindNobody();
            count = count < 0 ? _found.Take(among, second, map) : _found.Keep(map);
            if (count == 0) return 0;
        }

        return count >= 0 ? count : _found.Take(among, second, second);
    }

    /// <summary>
    /// Finds who is free and meets a requirement at any level, and tells after each step how many were left.
    /// </summary>
    /// <param name="left">Takes those free, then those with the language, then those with each skill too: two more than skills.</param>
    public void Narrow(Requirement requirement, Span<int> left)
    {
        left.Clear();
        var lane = requirement.Lane;
        var language = requirement is { Language: { } spoken, LanguageMinimum: > 0 and var atLeast } ? spoken.AtLeast(atLeast) : lane.Free;
        left[0] = lane.FreeCount;
        left[1] = language == lane.Free ? lane.FreeCount : lane.Speakers.AtLeast(requirement.LanguageNumber, requirement.LanguageMinimum);
        var taken = false;
        for (var at = 0; at < requirement.Skills.Length && left[at + 1] > 0; at++)
        {
            var needed = requirement.Skills[at];
            if (needed.Minimum == Level.None) left[at + 2] = left[at + 1];
            else if (lane.Masters.AtLeast(needed.Skill, needed.Minimum) > 0)
            {
                var map = needed.Maps.AtLeast(needed.Minimum);
                left[at + 2] = taken ? _found.Keep(map) : Take(lane.Free, language, map);
                taken = true;
            }
        }

        if (left[^1] == 0) FindNobody();
        else if (!taken) Take(lane.Free, language, language);
    }

    /// <inheritdoc cref="FoundSet.Holds"/>
    public bool Holds(int position) => _found.Holds(position);

    /// <inheritdoc cref="FoundSet.Except"/>
    public bool Except(int position) => _found.Except(position);

    /// <inheritdoc cref="FoundSet.Positions"/>
    public IEnumerable<int> Found() => _found.Positions();

    /// <summary>Of those found, the ones whom a phase does not take yet, in the order of their positions.</summary>
    public IEnumerable<int> FoundButHeld(Bucket bucket)
    {
        for (var at = 0; at < _found.Filled.Length; at++)
        {
            var vector = _found.Filled[at];
            for (var word = vector; word < vector + Vector256<ulong>.Count; word++)
                for (var bits = _found[word] & ~Taken(bucket, word); bits != 0; bits &= bits - 1)
                    yield return (word * Bitmap.BitsPerWord) + BitOperations.TrailingZeroCount(bits);
        }
    }

    /// <summary>How many of those found a phase takes.</summary>
    public int CountTaken(Bucket bucket)
    {
        var count = 0;
        foreach (var vector in _found.Filled)
        {
            for (var word = vector; word < vector + Vector256<ulong>.Count; word++)
                count += BitOperations.PopCount(Taken(bucket, word));
        }

        return count;
    }

    /// <summary>Leaves out of those found the ones below a level.</summary>
    /// <returns>How many are left.</returns>
    public int Keep(Requirement requirement, int level)
    {
        var count = -1;
        foreach (var needed in requirement.Skills)
        {
            if (needed.MinimumFor(level) == needed.Minimum) continue;
            var map = needed.Maps.AtLeast(level);
            if (!map.IsAllocated) return FindNobody();
            count = _found.Keep(map);
        }

        return count >= 0 ? count : _found.Count();
    }

    /// <summary>
    /// Active experts by whether they meet a requirement at any level and whether they are free for it, in the order of their
    /// positions.
    /// </summary>
    public Walk Through(Requirement requirement, bool fit, bool free) => new(index.Active, requirement, fit, free);

    /// <summary>The best of what was found; -1 when nobody may be chosen.</summary>
    /// <param name="count">How many were found, or more.</param>
    public int Best(Requirement requirement, RuleTable table, int count) =>
        count == 0 ? -1 : count <= Few ? BestOfFew(requirement, table) : BestOfMany(requirement, table);

    /// <summary>By level 0 to 5, how many experts meet a requirement at that level or better.</summary>
    public int[] CountByLevel(Requirement requirement, Bitmap among)
    {
        var counts = new int[Level.Master + 1];
        for (var level = Level.None; level <= Level.Master; level++)
        {
            var same = level > 0 && level <= requirement.LowestLevel;
            counts[level] = same ? counts[level - 1] : Find(requirement, level, among);
            if (counts[level] == 0) break;
        }

        return counts;
    }

    /// <summary>Whether a skill or the language alone leaves nobody, as where everyone who masters it is busy.</summary>
    private static bool IsHopeless(Requirement requirement, int minimumLevel)
    {
        var lane = requirement.Lane;
        if (lane.FreeCount == 0) return true;
        if (requirement.LanguageMinimum > 0 && lane.Speakers.AtLeast(requirement.LanguageNumber, requirement.LanguageMinimum) == 0) return true;
        foreach (var needed in requirement.Skills)
        {
            var level = needed.MinimumFor(minimumLevel);
            if (level > Level.None && lane.Masters.AtLeast(needed.Skill, level) == 0) return true;
        }

        return false;
    }

    /// <summary>Whom of those found in a word a phase takes: by their level, and by their standing where the rule looks at that.</summary>
    private ulong Taken(Bucket bucket, int word)
    {
        var left = _found[word];
        if (left == 0) return 0;
        var (requirement, table, minimum) = (bucket.Queue.Requirement, bucket.Table, bucket.Phase.MinimumLevel);
        if (!table.ExcludesStandings) return left & AtLeast(requirement, minimum, word);
        var taken = 0UL;
        for (var level = (int)Level.Master; left != 0 && level >= minimum; level--)
        {
            var bits = left & AtLeast(requirement, level, word);
            left &= ~bits;
            for (; bits != 0; bits &= bits - 1)
            {
                var position = (word * Bitmap.BitsPerWord) + BitOperations.TrailingZeroCount(bits);
                if (table.Rank(level, index.StandingAt(position)) != RuleTable.Never) taken |= bits & (~bits + 1);
            }
        }

        return taken;
    }

    private int Take(Bitmap first, Bitmap second, Bitmap third)
    {
        _found.Fit(index.Capacity);
        return _found.Take(first, second, third);
    }

    private int FindNobody()
    {
        _found.Clear();
        return 0;
    }

    private int BestOfFew(Requirement requirement, RuleTable table)
    {
        var (best, count) = ((int)RuleTable.Never, 0);
        foreach (var vector in _found.Filled)
        {
            for (var word = vector; word < vector + Vector256<ulong>.Count; word++)
            {
                var left = _found[word];
                for (var level = (int)Level.Master; left != 0; level--)
                {
                    var bits = left & AtLeast(requirement, level, word);
                    left &= ~bits;
                    for (; bits != 0; bits &= bits - 1)
                    {
                        var position = (word * Bitmap.BitsPerWord) + BitOperations.TrailingZeroCount(bits);
                        var rank = table.Rank(level, index.StandingAt(position));
                        if (rank > best || rank == RuleTable.Never) continue;
                        if (rank < best) (best, count) = (rank, 0);
                        _members[count++] = position;
                    }
                }
            }
        }

        var members = _members.AsSpan(0, count);
        if (count > 1 && requirement.Wants) members = Most(members, requirement.WantedOf);
        if (count > 1 && index.Rule.ComparesAllSkills)
        {
            if (requirement.Language is { } language) members = Most(members, language.LevelOf);
            if (requirement.Skills.Length > 1) members = Most(members, requirement.TotalOf);
        }

        var first = -1;
        foreach (var position in members)
            if (first < 0 || index.OrderAt(position) < index.OrderAt(first)) first = position;
        return first;
    }

    private static Span<int> Most(Span<int> members, Func<int, int> value)
    {
        var (most, count) = (-1, 0);
        foreach (var position in members)
        {
            var mine = value(position);
            if (mine < most) continue;
            if (mine > most) (most, count) = (mine, 0);
            members[count++] = position;
        }

        return members[..count];
    }

    private int BestOfMany(Requirement requirement, RuleTable table)
    {
        _equals.Fit(index.Capacity);
        if (table.TakesAll)
        {
            if (!index.Rule.ComparesAllSkills && !requirement.Wants) return BestOfEquals(requirement, _found);
            _equals.Begin();
            foreach (var vector in _found.Filled) _equals.Add(vector, _found.Vector(vector));
            return BestOfEquals(requirement, _equals);
        }

        foreach (var group in table.Groups)
        {
            _equals.Begin();
            foreach (var vector in _found.Filled) _equals.Add(vector, _found.Vector(vector) & Group(requirement, group, vector));
            if (!_equals.IsEmpty) return BestOfEquals(requirement, _equals);
        }

        return -1;
    }

    // At equal preference: the wanted skills, then the level in the language, then the sum of the levels in all skills, then
    // the order.
    private int BestOfEquals(Requirement requirement, FoundSet equals)
    {
        if (requirement.Wants) equals.KeepMost(requirement.WantedOf);
        if (index.Rule.ComparesAllSkills && requirement.Language is { } language)
        {
            for (var level = (int)Level.Master; level > Math.Max(1, requirement.LanguageMinimum); level--)
                if (language.AtLeast(level) is { IsAllocated: true } speakers) equals.KeepIfAny(speakers);
        }

        var compares = index.Rule.ComparesAllSkills && requirement.Skills.Length > 1;
        var (most, first) = (-1, -1);
        foreach (var vector in equals.Filled)
        {
            for (var word = vector; word < vector + Vector256<ulong>.Count; word++)
            {
                for (var bits = equals[word]; bits != 0; bits &= bits - 1)
                {
                    var position = (word * Bitmap.BitsPerWord) + BitOperations.TrailingZeroCount(bits);
                    var total = compares ? requirement.TotalOf(position) : 0;
                    if (total < most || (total == most && index.OrderAt(position) > index.OrderAt(first))) continue;
                    (most, first) = (total, position);
                }
            }
        }

        return first;
    }

    private Vector256<ulong> Group(Requirement requirement, (byte Level, byte Standing)[] group, int vector)
    {
        var bits = Vector256<ulong>.Zero;
        foreach (var (level, standing) in group)
        {
            if (index.StandingCount(standing) == 0) continue;
            var exactly = AtLeastVector(requirement, level, vector);
            if (level < Level.Master) exactly = Vector256.AndNot(exactly, AtLeastVector(requirement, level + 1, vector));
            bits |= exactly & index.StandingMap(standing).Vector(vector);
        }

        return bits;
    }

    private static Vector256<ulong> AtLeastVector(Requirement requirement, int level, int vector)
    {
        var bits = Vector256<ulong>.AllBitsSet;
        foreach (var needed in requirement.Skills)
        {
            if (level == Level.None || needed.Maps.IsMembership) continue;
            var map = needed.Maps.AtLeast(level);
            if (!map.IsAllocated) return Vector256<ulong>.Zero;
            bits &= map.Vector(vector);
        }

        return bits;
    }

    private static ulong AtLeast(Requirement requirement, int level, int word)
    {
        var bits = ulong.MaxValue;
        if (level == Level.None) return bits;
        foreach (var needed in requirement.Skills)
        {
            if (needed.Maps.IsMembership) continue;
            var map = needed.Maps.AtLeast(level);
            if (!map.IsAllocated) return 0;
            bits &= map.Words[word];
        }

        return bits;
    }

    /// <summary>Goes through experts only as far as they are asked for.</summary>
    public struct Walk(Bitmap active, Requirement requirement, bool fit, bool free)
    {
        private readonly ulong _unfit = fit ? 0 : ulong.MaxValue;
        private readonly ulong _taken = free ? 0 : ulong.MaxValue;
        private int _word = -1;
        private ulong _bits;

        /// <returns>The next position; -1 after the last.</returns>
        public int Next()
        {
            while (_bits == 0)
            {
                if (++_word >= active.Words.Length) return -1;
                _bits = active.Words[_word] & (Meets(_word) ^ _unfit) & (Word(requirement.Lane.Free, _word) ^ _taken);
            }

            var position = (_word * Bitmap.BitsPerWord) + BitOperations.TrailingZeroCount(_bits);
            _bits &= _bits - 1;
            return position;
        }

        private readonly ulong Meets(int word)
        {
            var bits = requirement.LanguageMinimum > 0 ? Word(requirement.Language!.AtLeast(requirement.LanguageMinimum), word) : ulong.MaxValue;
            foreach (var needed in requirement.Skills)
                if (needed.Minimum > Level.None) bits &= Word(needed.Maps.AtLeast(needed.Minimum), word);
            return bits;
        }

        private static ulong Word(Bitmap map, int word) => word < map.Words.Length ? map.Words[word] : 0;
    }
}
