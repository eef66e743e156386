using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Relais.Routing.Domain.Matching;

/// <summary>A set of positions. Has no words until something is put in it.</summary>
internal sealed class Bitmap
{
    /// <summary>Bits in the widest vector that is used; capacities are multiples of it.</summary>
    public const int Stride = 256;

    private const int BitsPerWord = 64;

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

    /// <summary>Moves every position down by the number of positions below it that are not kept.</summary>
    public void Compact(ulong[] kept)
    {
        if (!IsAllocated) return;
        var words = Words;
        var target = 0;
        var filled = 0;
        var pending = 0UL;
        for (var word = 0; word < words.Length; word++)
        {
            var mask = kept[word];
            var count = BitOperations.PopCount(mask);
            if (count == 0)
            {
                words[word] = 0;
                continue;
            }

            var bits = Extract(words[word], mask);
            words[word] = 0;
            pending |= bits << filled;
            if (filled + count < BitsPerWord)
            {
                filled += count;
                continue;
            }

            words[target++] = pending;
            pending = filled == 0 ? 0 : bits >> (BitsPerWord - filled);
            filled = filled + count - BitsPerWord;
        }

        if (filled > 0) words[target] = pending;
    }

    /// <summary>The first set position from a word on; -1 when there is none.</summary>
    public static int First(ReadOnlySpan<ulong> words)
    {
        var word = words.IndexOfAnyExcept(0UL);
        return word < 0 ? -1 : (word * BitsPerWord) + BitOperations.TrailingZeroCount(words[word]);
    }

    public static int Count(ReadOnlySpan<ulong> words)
    {
        var count = 0;
        foreach (var word in words) count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>Makes <paramref name="target"/> what three sets have in common, and counts it.</summary>
    public static int And(Span<ulong> target, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second, ReadOnlySpan<ulong> third)
    {
        ref var t = ref MemoryMarshal.GetReference(target);
        ref var a = ref MemoryMarshal.GetReference(first);
        ref var b = ref MemoryMarshal.GetReference(second);
        ref var c = ref MemoryMarshal.GetReference(third);
        var count = 0;
        for (var word = 0; word < target.Length; word += Vector256<ulong>.Count)
        {
            var at = (nuint)word;
            var common = Vector256.LoadUnsafe(ref a, at) & Vector256.LoadUnsafe(ref b, at) & Vector256.LoadUnsafe(ref c, at);
            common.StoreUnsafe(ref t, at);
            if (common != Vector256<ulong>.Zero) count += PopCount(common);
        }

        return count;
    }

    /// <summary>Keeps of <paramref name="target"/> what another set has too, and counts it.</summary>
    public static int And(Span<ulong> target, ReadOnlySpan<ulong> other)
    {
        ref var t = ref MemoryMarshal.GetReference(target);
        ref var o = ref MemoryMarshal.GetReference(other);
        var count = 0;
        for (var word = 0; word < target.Length; word += Vector256<ulong>.Count)
        {
            var at = (nuint)word;
            var common = Vector256.LoadUnsafe(ref t, at) & Vector256.LoadUnsafe(ref o, at);
            common.StoreUnsafe(ref t, at);
            if (common != Vector256<ulong>.Zero) count += PopCount(common);
        }

        return count;
    }

    /// <summary>Whether two sets have anything in common.</summary>
    public static bool Meet(ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second)
    {
        ref var a = ref MemoryMarshal.GetReference(first);
        ref var b = ref MemoryMarshal.GetReference(second);
        for (var word = 0; word < first.Length; word += Vector256<ulong>.Count)
        {
            var at = (nuint)word;
            if ((Vector256.LoadUnsafe(ref a, at) & Vector256.LoadUnsafe(ref b, at)) != Vector256<ulong>.Zero) return true;
        }

        return false;
    }

    private static int PopCount(Vector256<ulong> bits) =>
        BitOperations.PopCount(bits[0]) + BitOperations.PopCount(bits[1]) + BitOperations.PopCount(bits[2]) + BitOperations.PopCount(bits[3]);

    private static ulong Extract(ulong bits, ulong mask)
    {
        if (Bmi2.X64.IsSupported) return Bmi2.X64.ParallelBitExtract(bits, mask);
        var extracted = 0UL;
        for (var count = 0; mask != 0; count++, mask &= mask - 1)
            extracted |= (bits >> BitOperations.TrailingZeroCount(mask) & 1) << count;
        return extracted;
    }
}
