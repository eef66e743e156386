using System.Text;

namespace Relais.Knowledge.Domain.Search;

/// <summary>
/// Readable text of HTML and Markdown: markup gone, entities decoded, a line per block, scripts and styles left out. Any
/// input is accepted, and the time grows with its length alone: bodies come from outside, and full parsers take minutes
/// for 200 KB of unclosed elements.
/// </summary>
internal static class PlainText
{
    /// <summary>Text of an HTML fragment or document.</summary>
    public static string FromHtml(string html)
    {
        var text = new TextLines(html.Length);
        new HtmlReader(html, text).Read();
        return text.ToString();
    }

    /// <summary>Text of Markdown (CommonMark with tables, task lists and footnotes); HTML inside is read as HTML.</summary>
    public static string FromMarkdown(string markdown) => FromHtml(MarkdownReader.ToHtml(markdown));
}

/// <summary>Text with single blanks, in lines that are not empty.</summary>
internal sealed class TextLines(int capacity)
{
    private readonly StringBuilder text = new(capacity);

    public void Append(ReadOnlySpan<char> data)
    {
        foreach (var c in data)
        {
            if (!char.IsWhiteSpace(c))
                text.Append(c);
            else if (text.Length > 0 && text[^1] is not (' ' or '\n'))
                text.Append(' ');
        }
    }

    public void Break()
    {
        if (text.Length > 0 && text[^1] == ' ')
            text.Length--;
        if (text.Length > 0 && text[^1] != '\n')
            text.Append('\n');
    }

    public override string ToString() => text.ToString().TrimEnd();
}
