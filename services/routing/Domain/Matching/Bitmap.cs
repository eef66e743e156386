using System.Numerics;
using System.Runtime.Intrinsics;

namespace Relais.Routing.Domain.Matching;

/// <summary>A set of positions. Has no words until something is put in it.</summary>
internal sealed class Bitmap
{
    /// <summary>Bits in the vectors that are used; capacities are multiples of it.</summary>
    public const int Stride = 256;

    public const int BitsPerWord = 64;

    public ulong[] Words { get; private set; } = [];

    public bool IsAllocated => Words.Length > 0;

    public bool this[int position] => IsAllocated && (Words[position / BitsPerWord] >> (position % BitsPerWord) & 1) != 0;

    public void Allocate(int capacity)
    {
        if (Words.Length * BitsPerWord < capacity) Words = [.. Words, .. new ulong[(capacity / BitsPerWord) - Words.Length]];
    }

    public void Set(int position) => Words[position / BitsPerWord] |= 1UL << (position % BitsPerWord);

    public void Clear(int position) => Words[position / BitsPerWord] &= ~(1UL << (position % BitsPerWord));

    /// <summary>Whether it held the position, which it no longer does.</summary>
    public bool Take(int position)
    {
        if (!this[position]) return false;
        Clear(position);
        return true;
    }

    public int Count()
    {
        var count = 0;
        foreach (var word in Words) count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>The words of a vector, from its first one.</summary>
    public Vector256<ulong> Vector(int word) => Vector256.LoadUnsafe(ref Words[0], (nuint)word);
}
