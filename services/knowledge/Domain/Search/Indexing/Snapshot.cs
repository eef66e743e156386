using Relais.Knowledge.Domain.Search.Analysis;

namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>An index as a reader sees it, from one moment on.</summary>
/// <param name="Analyzer">The analyser of its language.</param>
/// <param name="Data">Postings; what is beyond the snapshot is to be passed over.</param>
/// <param name="Articles">Articles with a lower ordinal belong to the snapshot.</param>
/// <param name="Removed">One bit for each article that is gone; shorter when none is.</param>
/// <param name="Totals">Sums over the live articles.</param>
internal sealed record Snapshot(Analyzer Analyzer, IndexData Data, int Articles, ulong[] Removed, Totals Totals)
{
    /// <summary>Units with a lower ordinal belong to the snapshot.</summary>
    public int Units { get; } =
        Articles == 0 ? 0 : Data.Articles[Articles - 1].FirstUnit + Data.Articles[Articles - 1].Units;

    public bool IsLive(int article) =>
        article >> 6 >= Removed.Length || (Removed[article >> 6] >> (article & 63) & 1) == 0;
}

/// <summary>Sums over live articles: how many articles, their weighted stems, their units, the units' stems and groups.</summary>
internal readonly record struct Totals(int Articles, double Length, int Units, long Words, long Groups)
{
    public float MeanLength => Articles == 0 ? 1 : (float)Math.Max(1, Length / Articles);

    public float MeanWords => Units == 0 ? 1 : Math.Max(1, (float)Words / Units);

    public float MeanGroups => Units == 0 ? 1 : Math.Max(1, (float)Groups / Units);

    public Totals With(int articles, double length, int units, long words, long groups) =>
        new(Articles + articles, Length + length, Units + units, Words + words, Groups + groups);
}
