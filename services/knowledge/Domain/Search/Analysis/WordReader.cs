namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>Reads the words of a text one after the other, folded, with their place in the original. Allocates nothing.</summary>
/// <param name="text">The original text.</param>
/// <param name="buffer">Where the folded word is written; a longer word is cut there.</param>
internal ref struct WordReader(ReadOnlySpan<char> text, Span<char> buffer)
{
    private readonly ReadOnlySpan<char> _text = text;
    private readonly Span<char> _buffer = buffer;
    private int _length;

    /// <summary>Offset of the word's first character in the original.</summary>
    public int Start { get; private set; }

    /// <summary>Offset just after the word's last character.</summary>
    public int End { get; private set; }

    /// <summary>What ties the word to the one before: an apostrophe, a hyphen, or nothing (<c>'\0'</c>).</summary>
    public char Before { get; private set; }

    /// <summary>What ties the word to the one after.</summary>
    public char After { get; private set; }

    public readonly ReadOnlySpan<char> Word => _buffer[.._length];

    public bool Next()
    {
        Before = After;
        After = '\0';
        var i = End;
        while (i < _text.Length && !Folding.IsWord(_text[i]))
            i++;
        if (i >= _text.Length)
            return false;

        Start = i;
        _length = 0;
        Span<char> unit = stackalloc char[4];
        for (; i < _text.Length && Folding.IsWord(_text[i]); i++)
        {
            var folded = Folding.Fold(_text[i], unit);
            if (_length + folded <= _buffer.Length)
            {
                unit[..folded].CopyTo(_buffer[_length..]);
                _length += folded;
            }
        }

        End = i;
        if (i + 1 < _text.Length && Folding.IsWord(_text[i + 1]))
        {
            if (Folding.IsApostrophe(_text[i]))
                After = '\'';
            else if (Folding.IsHyphen(_text[i]))
                After = '-';
        }
        return true;
    }
}
