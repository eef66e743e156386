using System.Numerics;

namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>One stem of the vocabulary with the places where it occurs.</summary>
internal sealed class Term(string text)
{
    private int _articles;
    private int _units;

    public string Text { get; } = text;

    /// <summary>By article ordinal, ascending.</summary>
    public Growing<ArticlePosting> Articles { get; } = new(1);

    /// <summary>Packed unit ordinals, ascending; see <see cref="UnitPosting"/>.</summary>
    public Growing<int> Units { get; } = new(0);

    /// <summary>Live articles that hold it.</summary>
    public int ArticleFrequency => Volatile.Read(ref _articles);

    /// <summary>Live units that hold it.</summary>
    public int UnitFrequency => Volatile.Read(ref _units);

    public void Count(int articles, int units)
    {
        Volatile.Write(ref _articles, _articles + articles);
        Volatile.Write(ref _units, _units + units);
    }
}

/// <summary>
/// The letters that a word holds, a bit for each, and its length: what one edit changes in at most two bits and by one.
/// </summary>
internal readonly record struct WordShape(uint Letters, int Length)
{
    public static WordShape Of(ReadOnlySpan<char> word)
    {
        var letters = 0u;
        foreach (var c in word)
            letters |= 1u << (c & 31);
        return new(letters, word.Length);
    }

    /// <summary>False when more edits than given must lie between the two words; true when it may be fewer.</summary>
    public bool IsWithin(int edits, WordShape other) =>
        Math.Abs(Length - other.Length) <= edits && BitOperations.PopCount(Letters ^ other.Letters) <= 2 * edits;
}

/// <summary>A stem in an article: how often in its body, its title and its example questions.</summary>
internal readonly record struct ArticlePosting(int Article, ushort Body, byte Title, byte Questions);

/// <summary>A stem in a unit, packed into an integer: 28 bits of ordinal, 3 of frequency.</summary>
internal static class UnitPosting
{
    public static int Pack(int unit, int frequency) => (unit << 3) | Math.Min(frequency, 7);

    public static int Unit(int posting) => posting >> 3;

    public static int Frequency(int posting) => posting & 7;
}

/// <summary>A group of letters with the units that hold it.</summary>
internal sealed class LetterGroup
{
    private int _units;

    public Growing<int> Units { get; } = new(1);

    public int UnitFrequency => Volatile.Read(ref _units);

    public void Count(int units) => Volatile.Write(ref _units, _units + units);
}
