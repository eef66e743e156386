using System.Collections.Concurrent;

namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>
/// Turns a text of one language into tokens: folding, elision, compounds, stop words, stems and, for short texts,
/// the kind of question asked. Immutable; the caller brings the buffer.
/// </summary>
internal sealed class Analyzer
{
    /// <summary>A longer word is cut: nothing people say is longer, and a line of garbage stays cheap.</summary>
    private const int LongestWord = 48;

    private static readonly ConcurrentDictionary<string, Analyzer> Known = new();

    private readonly Language _language;
    private readonly Dictionary<string, TokenKind>.AlternateLookup<ReadOnlySpan<char>> _kinds;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _elisions;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _clitics;
    private readonly Dictionary<string, (string[] Words, string Type)[]>.AlternateLookup<ReadOnlySpan<char>> _types;

    public Analyzer(Language language)
    {
        _language = language;
        var kinds = language.Commons.Distinct().ToDictionary(word => word, _ => TokenKind.Common);
        foreach (var word in language.Stops)
            kinds[word] = TokenKind.Stop;
        _kinds = kinds.GetAlternateLookup<ReadOnlySpan<char>>();
        _elisions = language.Elisions.ToHashSet().GetAlternateLookup<ReadOnlySpan<char>>();
        _clitics = language.Clitics.ToHashSet().GetAlternateLookup<ReadOnlySpan<char>>();
        _types = language.QuestionTypes
            .SelectMany(type => type.Value.Select(phrase => (Words: WordsOf(phrase), Type: "?" + type.Key)))
            .GroupBy(phrase => phrase.Words[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(phrase => phrase.Words.Length).ToArray())
            .GetAlternateLookup<ReadOnlySpan<char>>();
        Thesaurus = new Thesaurus(language.Synonyms, language.Equivalents, this);
    }

    public Thesaurus Thesaurus { get; }

    /// <summary>The analyser of a locale's language; one for all callers.</summary>
    public static Analyzer Of(string locale)
    {
        var language = Language.Of(locale);
        return Known.GetOrAdd(language.Code, static (_, known) => new Analyzer(known), language);
    }

    /// <summary>Analyses the text; what was in the buffer is gone.</summary>
    /// <param name="text">Plain text in any Unicode normalization.</param>
    /// <param name="into">Receives the tokens in the order of the text; question types come last.</param>
    /// <param name="isQuestion">A question or a title: the kind of question is looked for.</param>
    public void Analyze(ReadOnlySpan<char> text, TokenBuffer into, bool isQuestion)
    {
        into.Clear();
        Span<char> letters = stackalloc char[LongestWord];
        Span<char> compound = stackalloc char[LongestWord];
        var compoundLength = 0;
        var compoundStart = 0;
        var compoundHolds = false;
        var words = new WordReader(text, letters);
        while (words.Next())
        {
            var word = words.Word;
            if (word.IsEmpty
                || (words.After == '\'' && _elisions.Contains(word))
                || (words.Before == '\'' && _clitics.Contains(word)))
                continue;

            var kind = _kinds.TryGetValue(word, out var known) ? known : TokenKind.Word;
            if (words.Before != '-')
            {
                compoundLength = 0;
                compoundStart = words.Start;
                compoundHolds = true;
            }
            compoundHolds &= kind != TokenKind.Stop || word.Length == 1;
            if (compoundHolds && compoundLength + word.Length <= compound.Length)
            {
                word.CopyTo(compound[compoundLength..]);
                compoundLength += word.Length;
            }

            Add(into, word, kind, words.Start, words.End);
            if (words.Before == '-' && words.After != '-' && compoundHolds && compoundLength > 3)
                Add(into, compound[..compoundLength], TokenKind.Compound, compoundStart, words.End);
        }

        if (isQuestion)
            AddQuestionTypes(into);
    }

    /// <summary>The words as a text would give them, after elision.</summary>
    private string[] WordsOf(string phrase)
    {
        var tokens = new TokenBuffer();
        Analyze(phrase, tokens, isQuestion: false);
        var words = new List<string>();
        foreach (ref readonly var token in tokens.Tokens)
            if (token.Kind != TokenKind.Compound)
                words.Add(tokens.Folded(token).ToString());
        return [.. words];
    }

    private void Add(TokenBuffer into, ReadOnlySpan<char> word, TokenKind kind, int start, int end)
    {
        var foldedAt = into.Keep(word);
        Span<char> stem = stackalloc char[LongestWord + 2];
        word.CopyTo(stem);
        var length = _language.Stem(stem, word.Length);
        var stemAt = into.Keep(stem[..length]);
        into.Add(new Token(kind, Hash.Of(stem[..length]), stemAt, length, foldedAt, word.Length, start, end));
    }

    private void AddQuestionTypes(TokenBuffer tokens)
    {
        var count = tokens.Count;
        for (var i = 0; i < count; i++)
        {
            if (tokens.Tokens[i].Kind == TokenKind.Compound
                || !_types.TryGetValue(tokens.Folded(tokens.Tokens[i]), out var phrases))
                continue;
            foreach (var (phrase, type) in phrases)
            {
                if (!Follows(tokens, i, count, phrase))
                    continue;
                var at = tokens.Keep(type);
                tokens.Add(new Token(TokenKind.QuestionType, Hash.Of(type), at, type.Length, at, type.Length,
                    tokens.Tokens[i].Start, tokens.Tokens[i].End));
                break;
            }
        }
    }

    private static bool Follows(TokenBuffer tokens, int at, int count, string[] phrase)
    {
        var i = at;
        foreach (var word in phrase)
        {
            while (i < count && tokens.Tokens[i].Kind == TokenKind.Compound)
                i++;
            if (i >= count || !tokens.Folded(tokens.Tokens[i]).SequenceEqual(word))
                return false;
            i++;
        }
        return true;
    }
}
