using Relais.Knowledge.Domain.Search.Analysis;

namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>
/// The groups of 3 to 5 letters inside each word, a blank marking its edges. They bring together what stemming keeps
/// apart, and words with typing errors.
/// </summary>
internal static class LetterGroups
{
    private const int Shortest = 3;
    private const int Longest = 5;

    /// <summary>Adds the hashes of the groups of all words.</summary>
    public static void Of(TokenBuffer tokens, HashSet<ulong> into)
    {
        Span<char> padded = stackalloc char[64];
        padded[0] = ' ';
        foreach (ref readonly var token in tokens.Tokens)
        {
            if (token.Kind is TokenKind.QuestionType or TokenKind.Compound)
                continue;
            var word = tokens.Folded(token);
            word.CopyTo(padded[1..]);
            padded[word.Length + 1] = ' ';
            var length = word.Length + 2;
            for (var start = 0; start + Shortest <= length; start++)
            {
                var hash = Hash.Seed;
                var longest = Math.Min(Longest, length - start);
                for (var i = 0; i < longest; i++)
                {
                    hash = Hash.Step(hash, padded[start + i]);
                    if (i + 1 >= Shortest)
                        into.Add(Hash.End(hash));
                }
            }
        }
    }
}
