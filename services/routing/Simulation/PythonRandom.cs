namespace Relais.Routing.Simulation;

/// <summary>
/// Python's <c>random.Random</c>: the same seed gives the same numbers, so that a world or a traffic made here equals the
/// one made there. Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded and read as CPython 3.11 does.
/// </summary>
internal sealed class PythonRandom
{
    private const int Size = 624;
    private const int Shift = 397;
    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    public PythonRandom(long seed)
    {
        var magnitude = (ulong)Math.Abs(seed);
        Span<uint> key = [(uint)magnitude, (uint)(magnitude >> 32)];
        Seed(key[1] == 0 ? key[..1] : key);
    }

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double NextDouble()
    {
        var high = Next() >> 5;
        var low = Next() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary>An exponential time with this rate.</summary>
    public double Exponential(double rate) => -Math.Log(1.0 - NextDouble()) / rate;

    /// <summary>The first of the two normal deviates that Box and Muller's method makes.</summary>
    public double Normal()
    {
        var angle = NextDouble() * Math.Tau;
        return Math.Cos(angle) * Math.Sqrt(-2.0 * Math.Log(1.0 - NextDouble()));
    }

    /// <summary>An index, with probability proportional to its weight; <paramref name="cumulative"/> are running sums.</summary>
    public int Choose(ReadOnlySpan<double> cumulative)
    {
        var at = NextDouble() * (cumulative[^1] + 0.0);
        var (low, high) = (0, cumulative.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (at < cumulative[middle]) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Running sums of weights, for <see cref="Choose"/>.</summary>
    public static double[] Cumulate(IEnumerable<double> weights)
    {
        var sum = 0.0;
        return [.. weights.Select(weight => sum += weight)];
    }

    public int Below(int bound)
    {
        var bits = 32 - int.LeadingZeroCount(bound);
        uint drawn;
        do drawn = Next() >> (32 - bits);
        while (drawn >= (uint)bound);
        return (int)drawn;
    }

    private uint Next()
    {
        if (_next == Size) Twist();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >> 18);
    }

    private void Twist()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (_state[i] & 0x80000000) | (_state[(i + 1) % Size] & 0x7fffffff);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
        }

        _next = 0;
    }

    private void Seed(ReadOnlySpan<uint> key)
    {
        _state[0] = 19650218;
        for (var n = 1; n < Size; n++) _state[n] = (1812433253 * (_state[n - 1] ^ (_state[n - 1] >> 30))) + (uint)n;
        var (i, j) = (1, 0);
        for (var k = Math.Max(Size, key.Length); k > 0; k--)
        {
            _state[i] = (_state[i] ^ ((_state[i - 1] ^ (_state[i - 1] >> 30)) * 1664525)) + key[j] + (uint)j;
            if (++i >= Size) (_state[0], i) = (_state[Size - 1], 1);
            if (++j >= key.Length) j = 0;
        }

        for (var k = Size - 1; k > 0; k--)
        {
            _state[i] = (_state[i] ^ ((_state[i - 1] ^ (_state[i - 1] >> 30)) * 1566083941)) - (uint)i;
            if (++i >= Size) (_state[0], i) = (_state[Size - 1], 1);
        }

        _state[0] = 0x80000000;
    }
}
