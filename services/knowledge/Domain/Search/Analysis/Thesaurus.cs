namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>Synonym groups of a language as sequences of stems, found in a question by their first stem.</summary>
internal sealed class Thesaurus
{
    private const float EquivalentWeight = 0.9f;
    private const float SynonymWeight = 0.6f;

    private readonly Dictionary<ulong, List<Expression>> _byFirst = [];

    public Thesaurus(IReadOnlyList<string[]> synonyms, IReadOnlyList<string[]> equivalents, Analyzer analyzer)
    {
        Add(equivalents, EquivalentWeight, analyzer);
        Add(synonyms, SynonymWeight, analyzer);
    }

    private void Add(IReadOnlyList<string[]> groups, float weight, Analyzer analyzer)
    {
        var buffer = new TokenBuffer();
        foreach (var group in groups)
        {
            var expressions = group.Select(text => Stems(text, analyzer, buffer)).Where(stems => stems.Length > 0).ToArray();
            foreach (var stems in expressions)
            {
                var others = expressions.Where(other => !other.AsSpan().SequenceEqual(stems)).ToArray();
                if (!_byFirst.TryGetValue(stems[0], out var list))
                    _byFirst[stems[0]] = list = [];
                list.Add(new Expression(stems, others, weight));
            }
        }
    }

    /// <summary>The groups that have an expression which starts at a place of the question.</summary>
    /// <param name="stems">Hashes of the question's meaningful stems in order.</param>
    /// <param name="at">The place.</param>
    public IEnumerable<Expression> At(ulong[] stems, int at)
    {
        if (!_byFirst.TryGetValue(stems[at], out var list))
            yield break;
        foreach (var expression in list)
            if (stems.AsSpan(at).StartsWith(expression.Stems))
                yield return expression;
    }

    private static ulong[] Stems(string text, Analyzer analyzer, TokenBuffer buffer)
    {
        analyzer.Analyze(text, buffer, isQuestion: false);
        var stems = new List<ulong>();
        foreach (var token in buffer.Tokens)
            if (token.Kind is TokenKind.Word or TokenKind.Common)
                stems.Add(token.Hash);
        return [.. stems];
    }

    /// <summary>One expression of a group, the others that can stand for it, and how well they do, 0..1.</summary>
    internal sealed record Expression(ulong[] Stems, ulong[][] Others, float Weight);
}
