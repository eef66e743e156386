namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>
/// 64-bit FNV-1a over UTF-16 units with the finalizer of MurmurHash3: the same on every machine and run, so that an
/// index built twice ranks alike. Never 0, which marks an empty slot.
/// </summary>
internal static class Hash
{
    public const ulong Seed = 14695981039346656037;

    public static ulong Step(ulong hash, char c) => (hash ^ c) * 1099511628211;

    public static ulong End(ulong hash)
    {
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        hash ^= hash >> 33;
        return hash == 0 ? 1 : hash;
    }

    public static ulong Of(ReadOnlySpan<char> letters)
    {
        var hash = Seed;
        foreach (var c in letters)
            hash = Step(hash, c);
        return End(hash);
    }
}
