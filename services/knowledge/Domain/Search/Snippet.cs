using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Scoring;

namespace Relais.Knowledge.Domain.Search;

/// <summary>Picks the passage of an article that says most about a question.</summary>
internal static class Snippet
{
    /// <summary>Characters at most, the ellipses included.</summary>
    public const int Longest = 240;

    /// <summary>Only so much of a body is looked at: beyond it nobody reads, and the time stays bounded.</summary>
    public const int LongestBody = 12_000;

    private const string Ellipsis = "…";

    /// <summary>The passage, cut between words; the beginning when nothing of the question is in the body.</summary>
    public static string Of(string body, Question question)
    {
        var text = body.AsSpan();
        if (body.Length <= Longest)
            return Clean(text);

        var weights = new Dictionary<ulong, float>();
        foreach (var concept in question.Concepts)
            foreach (var variant in concept.Variants)
                foreach (var term in variant.Terms)
                {
                    var hash = Hash.Of(term.Text);
                    var weight = concept.Weight * variant.Weight
                        * Bm25.Rarity(question.Snapshot.Totals.Articles, term.ArticleFrequency);
                    weights[hash] = Math.Max(weights.GetValueOrDefault(hash), weight);
                }

        var tokens = TokenBuffer.OfThread;
        question.Snapshot.Analyzer.Analyze(text, tokens, isQuestion: false);
        var start = BestStart(text, tokens.Tokens, weights);
        return Cut(text, start);
    }

    private static int BestStart(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, Dictionary<ulong, float> weights)
    {
        var hits = new List<(int Start, int End, ulong Hash, float Weight)>();
        foreach (ref readonly var token in tokens)
            if (token.Kind != TokenKind.Stop && weights.TryGetValue(token.Hash, out var weight))
                hits.Add((token.Start, token.End, token.Hash, weight));

        var bestStart = 0;
        var best = 0f;
        var seen = new HashSet<ulong>();
        for (var i = 0; i < hits.Count; i++)
        {
            // A window that starts at its sentence reads better than one that starts at the word.
            var start = SentenceStart(text, hits[i].Start);
            var sum = 0f;
            seen.Clear();
            for (var j = i; j < hits.Count && hits[j].End <= start + Longest - 2; j++)
                sum += seen.Add(hits[j].Hash) ? hits[j].Weight : hits[j].Weight * 0.1f;
            if (sum > best * 1.0001f)
            {
                best = sum;
                bestStart = start;
            }
        }
        return bestStart;
    }

    private static int SentenceStart(ReadOnlySpan<char> text, int at)
    {
        const int farthest = 120;
        for (var i = at - 1; i > 0 && at - i < farthest; i--)
            if (text[i] is '\n' || (text[i] is '.' or '!' or '?' or ';' && i + 1 < text.Length && char.IsWhiteSpace(text[i + 1])))
            {
                var start = i + 1;
                while (start < at && char.IsWhiteSpace(text[start]))
                    start++;
                return start;
            }
        if (at < farthest)
            return 0;
        var word = at - 40;
        while (word < at && !char.IsWhiteSpace(text[word]))
            word++;
        return Math.Min(word + 1, at);
    }

    private static string Cut(ReadOnlySpan<char> text, int start)
    {
        // Near the end a full passage is taken from further back.
        var lead = start > 0 ? Ellipsis : "";
        var room = Longest - lead.Length;
        var rest = text[start..];
        if (rest.Length <= room)
            return lead + Clean(rest);
        var end = room - Ellipsis.Length;
        while (end > room / 2 && !char.IsWhiteSpace(rest[end]))
            end--;
        if (char.IsLowSurrogate(rest[end]))
            end--;
        return lead + Clean(rest[..end]) + Ellipsis;
    }

    /// <summary>Line breaks and runs of blanks as one blank.</summary>
    private static string Clean(ReadOnlySpan<char> text)
    {
        Span<char> clean = stackalloc char[Longest];
        var length = 0;
        foreach (var c in text)
        {
            if (!char.IsWhiteSpace(c))
                clean[length++] = c;
            else if (length > 0 && clean[length - 1] != ' ')
                clean[length++] = ' ';
        }
        return clean[..length].TrimEnd().ToString();
    }
}
