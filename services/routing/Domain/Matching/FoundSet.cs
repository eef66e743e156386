using System.Numerics;
using System.Runtime.Intrinsics;

namespace Relais.Routing.Domain.Matching;

/// <summary>
/// A set of positions that is made anew for every question, with a list of the vectors that have anything in them, so that
/// whoever goes through it passes the empty ones over.
/// </summary>
internal sealed class FoundSet
{
    private static readonly int WordsPerVector = Vector256<ulong>.Count;

    private ulong[] _words = [];
    private int[] _filled = [];
    private int _count;

    /// <summary>The first words of the vectors with something in them.</summary>
    public ReadOnlySpan<int> Filled => _filled.AsSpan(0, _count);

    public bool IsEmpty => _count == 0;

    public ulong this[int word] => _words[word];

    public void Fit(int capacity)
    {
        if (_words.Length * Bitmap.BitsPerWord == capacity) return;
        _words = new ulong[capacity / Bitmap.BitsPerWord];
        _filled = new int[_words.Length / WordsPerVector];
        _count = 0;
    }

    public void Clear()
    {
        foreach (var word in Filled) Vector256<ulong>.Zero.StoreUnsafe(ref _words[word]);
        _count = 0;
    }

    /// <summary>Becomes what three sets have in common.</summary>
    /// <returns>How many that are.</returns>
    public int Take(Bitmap first, Bitmap second, Bitmap third)
    {
        ref var a = ref first.Words[0];
        ref var b = ref second.Words[0];
        ref var c = ref third.Words[0];
        var (count, filled) = (0, 0);
        for (var word = 0; word < _words.Length; word += WordsPerVector)
        {
            var at = (nuint)word;
            var common = Vector256.LoadUnsafe(ref a, at) & Vector256.LoadUnsafe(ref b, at) & Vector256.LoadUnsafe(ref c, at);
            common.StoreUnsafe(ref _words[0], at);
            if (common == Vector256<ulong>.Zero) continue;
            _filled[filled++] = word;
            count += PopCount(common);
        }

        _count = filled;
        return count;
    }

    /// <summary>Keeps what another set has too.</summary>
    /// <returns>How many that are.</returns>
    public int Keep(Bitmap other)
    {
        var (count, filled) = (0, 0);
        for (var at = 0; at < _count; at++)
        {
            var word = _filled[at];
            if (Put(word, Vector(word) & other.Vector(word), ref filled) is var kept && kept != Vector256<ulong>.Zero) count += PopCount(kept);
        }

        _count = filled;
        return count;
    }

    public int Count()
    {
        var count = 0;
        foreach (var word in Filled) count += PopCount(Vector(word));
        return count;
    }

    /// <summary>Keeps what another set has too, unless that is nothing: then everything stays.</summary>
    public void KeepIfAny(Bitmap other)
    {
        foreach (var word in Filled)
        {
            if ((Vector(word) & other.Vector(word)) == Vector256<ulong>.Zero) continue;
            Keep(other);
            return;
        }
    }

    /// <summary>Keeps whoever has the most of something.</summary>
    public void KeepMost(Func<int, int> value)
    {
        var most = int.MinValue;
        foreach (var position in Positions()) most = Math.Max(most, value(position));
        foreach (var position in Positions().ToList())
            if (value(position) < most) Except(position);
    }

    /// <summary>Begins to be filled anew, vector by vector in their order.</summary>
    public void Begin() => Clear();

    public void Add(int word, Vector256<ulong> bits)
    {
        if (bits == Vector256<ulong>.Zero) return;
        bits.StoreUnsafe(ref _words[word]);
        _filled[_count++] = word;
    }

    public Vector256<ulong> Vector(int word) => Vector256.LoadUnsafe(ref _words[0], (nuint)word);

    public bool Holds(int position) => (_words[position / Bitmap.BitsPerWord] >> (position % Bitmap.BitsPerWord) & 1) != 0;

    /// <summary>Leaves a position out.</summary>
    /// <returns>Whether it was in.</returns>
    public bool Except(int position)
    {
        if (!Holds(position)) return false;
        _words[position / Bitmap.BitsPerWord] &= ~(1UL << (position % Bitmap.BitsPerWord));
        return true;
    }

    /// <summary>The positions in their order.</summary>
    public IEnumerable<int> Positions()
    {
        for (var at = 0; at < _count; at++)
        {
            for (var word = _filled[at]; word < _filled[at] + WordsPerVector; word++)
                for (var bits = _words[word]; bits != 0; bits &= bits - 1)
                    yield return (word * Bitmap.BitsPerWord) + BitOperations.TrailingZeroCount(bits);
        }
    }

    private static int PopCount(Vector256<ulong> bits) =>
        BitOperations.PopCount(bits[0]) + BitOperations.PopCount(bits[1]) + BitOperations.PopCount(bits[2]) + BitOperations.PopCount(bits[3]);

    private Vector256<ulong> Put(int word, Vector256<ulong> bits, ref int filled)
    {
        bits.StoreUnsafe(ref _words[word]);
        if (bits != Vector256<ulong>.Zero) _filled[filled++] = word;
        return bits;
    }
}
