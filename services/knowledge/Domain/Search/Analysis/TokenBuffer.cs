namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>What a token is for.</summary>
internal enum TokenKind : byte
{
    /// <summary>Carries meaning.</summary>
    Word,

    /// <summary>Carries little meaning: found in any question ("want", "besoin").</summary>
    Common,

    /// <summary>A word tied by hyphens, written together ("wi-fi" as "wifi"); its parts are tokens as well.</summary>
    Compound,

    /// <summary>The kind of question asked ("what is it", "how long").</summary>
    QuestionType,

    /// <summary>Grammar only: indexed nowhere but in the letter groups.</summary>
    Stop,
}

/// <summary>One token: where its stem and its folded spelling are in the buffer, and where it was in the text.</summary>
internal readonly record struct Token(
    TokenKind Kind, ulong Hash, int StemAt, int StemLength, int FoldedAt, int FoldedLength, int Start, int End);

/// <summary>The tokens of one text. Reused from text to text; not for several threads at once.</summary>
internal sealed class TokenBuffer
{
    [ThreadStatic]
    private static TokenBuffer? _ofThread;

    private char[] _letters = new char[1024];
    private Token[] _tokens = new Token[128];
    private int _used;

    /// <summary>The calling thread's own; whoever analyses next overwrites it.</summary>
    public static TokenBuffer OfThread => _ofThread ??= new TokenBuffer();

    public int Count { get; private set; }

    public ReadOnlySpan<Token> Tokens => _tokens.AsSpan(0, Count);

    public ReadOnlySpan<char> Stem(in Token token) => _letters.AsSpan(token.StemAt, token.StemLength);

    public ReadOnlySpan<char> Folded(in Token token) => _letters.AsSpan(token.FoldedAt, token.FoldedLength);

    public void Clear()
    {
        Count = 0;
        _used = 0;
    }

    /// <summary>Keeps letters and returns their place.</summary>
    public int Keep(ReadOnlySpan<char> letters)
    {
        if (_used + letters.Length > _letters.Length)
            Array.Resize(ref _letters, Math.Max(_letters.Length * 2, _used + letters.Length));
        letters.CopyTo(_letters.AsSpan(_used));
        _used += letters.Length;
        return _used - letters.Length;
    }

    public void Add(in Token token)
    {
        if (Count == _tokens.Length)
            Array.Resize(ref _tokens, _tokens.Length * 2);
        _tokens[Count++] = token;
    }
}
