namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>Okapi BM25: S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).</summary>
internal static class Bm25
{
    /// <summary>Rarity of what <paramref name="holders"/> of <paramref name="all"/> hold; never negative.</summary>
    public static float Rarity(int all, int holders) =>
        MathF.Log(1 + (Math.Max(0, all - holders) + 0.5f) / (holders + 0.5f));

    /// <summary>
    /// What is added to a frequency under the fraction: f / (f + norm) counts an occurrence 0..1, saturates with
    /// frequency and falls with length.
    /// </summary>
    public static float Norm(float length, float meanLength, float k1, float b) =>
        k1 * (1 - b + b * length / meanLength);

    public static void Norms(ReadOnlySpan<float> lengths, float meanLength, float k1, float b, Span<float> norms)
    {
        for (var i = 0; i < norms.Length; i++)
            norms[i] = Norm(lengths[i], meanLength, k1, b);
    }
}
