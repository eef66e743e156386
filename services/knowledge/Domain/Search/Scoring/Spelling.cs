using Relais.Knowledge.Domain.Search.Indexing;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>
/// Finds the stems of the vocabulary that a mistyped one may stand for: the optimal string alignment distance
/// (insertion, deletion, substitution, swap of neighbours), 1 from four letters on and 2 from eight. The set of
/// letters as bits rules nearly all of the vocabulary out before any distance is computed.
/// </summary>
internal static class Spelling
{
    private const int ShortestForOne = 4;
    private const int ShortestForTwo = 8;
    private const int MostVariants = 4;
    private const float WeightForOne = 0.75f;
    private const float WeightForTwo = 0.5f;

    public static IReadOnlyList<Variant> Near(ReadOnlySpan<char> stem, IndexData vocabulary)
    {
        if (stem.Length < ShortestForOne || stem.ContainsAnyInRange('0', '9'))
            return [];
        var most = stem.Length >= ShortestForTwo ? 2 : 1;
        var shape = WordShape.Of(stem);
        var near = new List<(Term Term, int Distance)>();
        var shapes = vocabulary.Shapes.Read();
        for (var i = 0; i < shapes.Length; i++)
        {
            if (!shape.IsWithin(most, shapes[i]))
                continue;
            var term = vocabulary.Terms[i];
            if (term.ArticleFrequency == 0)
                continue;
            var distance = Distance(stem, term.Text, most);
            if (distance <= most)
                near.Add((term, distance));
        }
        return near.Count == 0
            ? []
            : [.. near
                .OrderBy(found => found.Distance)
                .ThenByDescending(found => found.Term.ArticleFrequency)
                .ThenBy(found => found.Term.Text, StringComparer.Ordinal)
                .TakeWhile(found => found.Distance == near.Min(other => other.Distance))
                .Take(MostVariants)
                .Select(found => new Variant([found.Term], found.Distance == 1 ? WeightForOne : WeightForTwo))];
    }

    /// <summary>The distance between two words, or anything above <paramref name="most"/> when it is more.</summary>
    public static int Distance(ReadOnlySpan<char> one, ReadOnlySpan<char> other, int most)
    {
        if (Math.Abs(one.Length - other.Length) > most)
            return most + 1;
        Span<int> before = stackalloc int[other.Length + 1];
        Span<int> above = stackalloc int[other.Length + 1];
        Span<int> row = stackalloc int[other.Length + 1];
        for (var j = 0; j <= other.Length; j++)
            above[j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            var least = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var cost = one[i - 1] == other[j - 1] ? 0 : 1;
                var value = Math.Min(Math.Min(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    value = Math.Min(value, before[j - 2] + 1);
                row[j] = value;
                least = Math.Min(least, value);
            }
            if (least > most)
                return most + 1;
            var free = before;
            before = above;
            above = row;
            row = free;
        }
        return above[other.Length];
    }
}
