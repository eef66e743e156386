using System.Collections.Frozen;
using System.Net;

namespace Relais.Knowledge.Domain.Search;

/// <summary>Reads the text of HTML in one pass, without building a tree: tags need not match.</summary>
internal sealed class HtmlReader(string html, TextLines text)
{
    private static readonly FrozenSet<string> Blocks = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "option",
        "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul");

    // Nothing in them is for readers.
    private static readonly FrozenSet<string> Unread = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template");

    private readonly int lastClose = html.LastIndexOf('>');
    private int at;

    public void Read()
    {
        while (at < html.Length)
        {
            var tag = html.IndexOf('<', at);
            var end = tag < 0 ? html.Length : tag;
            AppendText(at, end);
            at = end;
            if (tag >= 0)
                ReadMarkup();
        }
    }

    private void ReadMarkup()
    {
        var next = at + 1 < html.Length ? html[at + 1] : ' ';
        if (html.AsSpan(at).StartsWith("<!--", StringComparison.Ordinal))
            SkipPast("-->", at + 4);
        else if (next is '!' or '?')
            SkipPast(">", at + 1);
        else if (char.IsAsciiLetter(next) || next == '/' && at + 2 < html.Length && char.IsAsciiLetter(html[at + 2]))
            ReadTag(isEnd: next == '/');
        else
        {
            // Less than, in a text that nobody escaped.
            text.Append("<");
            at++;
        }
    }

    private void ReadTag(bool isEnd)
    {
        var start = at + (isEnd ? 2 : 1);
        var end = start;
        while (end < html.Length && !char.IsWhiteSpace(html[end]) && html[end] is not ('/' or '>' or '<'))
            end++;
        var close = EndOfTag(end);
        if (close < 0)
        {
            // Nothing closes it, so it was no tag.
            text.Append("<");
            at++;
            return;
        }

        var name = html[start..end];
        if (Blocks.Contains(name))
            text.Break();
        if (!isEnd && name.Equals("img", StringComparison.OrdinalIgnoreCase))
            AppendAlternative(end, close);
        at = close + 1;
        if (!isEnd && html[close - 1] != '/' && Unread.Contains(name))
            SkipElement(name);
    }

    // The '>' outside of quotes; where a quote is never closed, the first one.
    private int EndOfTag(int from)
    {
        var i = from;
        while (i <= lastClose)
        {
            i = html.AsSpan(i).IndexOfAny('>', '"', '\'') is >= 0 and var ahead ? i + ahead : html.Length;
            if (i == html.Length)
                return -1;
            if (html[i] == '>')
                return i;
            var quote = html.IndexOf(html[i], i + 1);
            if (quote < 0)
                return html.IndexOf('>', i);
            i = quote + 1;
        }

        return -1;
    }

    private void AppendAlternative(int from, int to)
    {
        const string name = "alt=";
        var tag = html.AsSpan(from, to - from);
        var alt = tag.IndexOf(" " + name, StringComparison.OrdinalIgnoreCase);
        if (alt < 0 || alt + name.Length + 1 >= tag.Length)
            return;
        var value = tag[(alt + name.Length + 1)..];
        var length = value[0] is '"' or '\'' ? value[1..].IndexOf(value[0]) : value.IndexOfAny(' ', '/');
        value = value[0] is '"' or '\'' ? value[1..] : value;
        text.Append(WebUtility.HtmlDecode((length < 0 ? value : value[..length]).ToString()));
    }

    // Elements of one name inside each other are not worth counting: the first end ends it, as it does a script.
    private void SkipElement(string name)
    {
        var end = html.IndexOf("</" + name, at, StringComparison.OrdinalIgnoreCase);
        at = end < 0 ? html.Length : end;
    }

    private void SkipPast(string end, int from)
    {
        var found = from <= html.Length ? html.IndexOf(end, from, StringComparison.Ordinal) : -1;
        at = found < 0 ? html.Length : found + end.Length;
    }

    private void AppendText(int from, int to)
    {
        var run = html.AsSpan(from, to - from);
        text.Append(run.Contains('&') ? WebUtility.HtmlDecode(run.ToString()) : run);
    }
}
