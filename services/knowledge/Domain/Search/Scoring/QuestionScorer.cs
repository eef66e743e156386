using System.Buffers;
using Relais.Knowledge.Domain.Search.Indexing;

namespace Relais.Knowledge.Domain.Search.Scoring;

/// <summary>
/// Compares the question with each title and example question on its own, by stems (BM25) and by letter groups
/// (BM25 with frequency 1); an article is as near as its nearest ones.
/// </summary>
internal sealed class QuestionScorer : IScorer
{
    private const float K1 = 1.2f;
    private const float WordB = 0.75f;
    private const float GroupB = 0.75f;
    private const float WordShare = 0.5f;

    /// <summary>Postings looked at, from the rarest group on: the commonest cost most, tell least, and bound the time.</summary>
    private const int MostGroupPostings = 150_000;

    /// <summary>An article with many example questions is judged by several of them: one may be near by chance.</summary>
    private const int Nearest = 5;
    private const float NearestShare = 0.5f;

    public void Score(Question question, Span<float> scores)
    {
        var snapshot = question.Snapshot;
        var units = snapshot.Units;
        var rented = ArrayPool<float>.Shared.Rent(units);
        var rentedBest = ArrayPool<float>.Shared.Rent(units);
        var unitScores = rented.AsSpan(0, units);
        var best = rentedBest.AsSpan(0, units);
        unitScores.Clear();
        best.Clear();

        ScoreWords(question, unitScores, best);
        ScoreGroups(question, unitScores, best);
        Pool(snapshot, unitScores, scores);
        ArrayPool<float>.Shared.Return(rented);
        ArrayPool<float>.Shared.Return(rentedBest);
    }

    private static void ScoreWords(Question question, Span<float> units, Span<float> best)
    {
        var snapshot = question.Snapshot;
        var attainable = 0f;
        foreach (var concept in question.Concepts)
            if (concept.IsKnown)
                attainable += concept.Weight * concept.Variants.Max(variant => variant.Weight * Rarity(snapshot, variant));
        if (attainable == 0)
            return;
        foreach (var concept in question.Concepts)
        {
            foreach (var variant in concept.Variants)
                Add(snapshot, variant, WordShare / attainable * concept.Weight * variant.Weight, units, best);
            foreach (var variant in concept.Variants)
                foreach (var posting in Rarest(variant).Units.Read())
                    if (UnitPosting.Unit(posting) < best.Length)
                        best[UnitPosting.Unit(posting)] = 0;
        }
    }

    private static void Add(Snapshot snapshot, Variant variant, float weight, Span<float> units, Span<float> best)
    {
        var mean = snapshot.Totals.MeanWords;
        var first = Rarest(variant);
        var rarity = weight * Rarity(snapshot, variant);
        var all = snapshot.Data.Units.Read();
        var single = variant.Terms.Length == 1;
        foreach (var posting in first.Units.Read())
        {
            var unit = UnitPosting.Unit(posting);
            if (unit >= units.Length)
                break;
            if (!single && !HoldsOthers(variant, first, unit))
                continue;
            var frequency = UnitPosting.Frequency(posting);
            var value = rarity * frequency / (frequency + Bm25.Norm(all[unit].Words, mean, K1, WordB));
            if (value > best[unit])
            {
                units[unit] += value - best[unit];
                best[unit] = value;
            }
        }
    }

    private static void ScoreGroups(Question question, Span<float> units, Span<float> sums)
    {
        var snapshot = question.Snapshot;
        var attainable = question.Groups.Sum(group => Bm25.Rarity(snapshot.Totals.Units, group.UnitFrequency));
        if (attainable == 0)
            return;
        var looked = 0;
        foreach (var group in question.Groups.OrderBy(group => group.UnitFrequency))
        {
            looked += group.Units.Count;
            if (looked > MostGroupPostings)
                break;
            var rarity = Bm25.Rarity(snapshot.Totals.Units, group.UnitFrequency);
            foreach (var unit in group.Units.Read())
            {
                if (unit >= sums.Length)
                    break;
                sums[unit] += rarity;
            }
        }

        // The frequency is always 1, so the saturation is the unit's own and can wait for the sum.
        var mean = snapshot.Totals.MeanGroups;
        var all = snapshot.Data.Units.Read();
        for (var unit = 0; unit < units.Length; unit++)
            if (sums[unit] > 0)
                units[unit] += (1 - WordShare) / attainable * sums[unit] / (1 + Bm25.Norm(all[unit].Groups, mean, K1, GroupB));
    }

    private static void Pool(Snapshot snapshot, ReadOnlySpan<float> units, Span<float> scores)
    {
        var all = snapshot.Data.Units.Read();
        Span<float> nearest = stackalloc float[Nearest];
        for (var unit = 0; unit < units.Length;)
        {
            var article = all[unit].Article;
            nearest.Clear();
            var count = 0;
            for (; unit < units.Length && all[unit].Article == article; unit++, count++)
            {
                var score = units[unit];
                if (score <= nearest[Nearest - 1])
                    continue;
                var at = Nearest - 1;
                for (; at > 0 && nearest[at - 1] < score; at--)
                    nearest[at] = nearest[at - 1];
                nearest[at] = score;
            }

            var sum = 0f;
            foreach (var score in nearest)
                sum += score;
            scores[article] = (1 - NearestShare) * nearest[0] + NearestShare * sum / Math.Min(count, Nearest);
        }
    }

    private static bool HoldsOthers(Variant variant, Term first, int unit)
    {
        foreach (var other in variant.Terms)
            if (!ReferenceEquals(other, first) && !Holds(other.Units.Read(), unit))
                return false;
        return true;
    }

    private static bool Holds(ReadOnlySpan<int> postings, int unit)
    {
        var at = postings.BinarySearch(UnitPosting.Pack(unit, 0));
        at = at < 0 ? ~at : at;
        return at < postings.Length && UnitPosting.Unit(postings[at]) == unit;
    }

    private static float Rarity(Snapshot snapshot, Variant variant) =>
        variant.Terms.Sum(term => Bm25.Rarity(snapshot.Totals.Units, term.UnitFrequency)) / MathF.Sqrt(variant.Terms.Length);

    private static Term Rarest(Variant variant) =>
        variant.Terms.Length == 1 ? variant.Terms[0] : variant.Terms.MinBy(term => term.Units.Count)!;
}
