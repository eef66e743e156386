using System.Text;

namespace Relais.Knowledge.Domain.Search;

/// <summary>
/// Turns Markdown into HTML that reads the same, without its looks: blocks become lines, marks of emphasis and the
/// targets of links go, code is escaped. One pass, line by line.
/// </summary>
internal sealed class MarkdownReader
{
    private const string Break = "<br>";

    /// <summary>Markers within markers on one line; nobody writes more.</summary>
    private const int Deepest = 32;

    private readonly StringBuilder html;
    private readonly HashSet<int> linkEnds = [];
    private readonly Stack<int> brackets = [];
    private readonly Dictionary<int, int> closing = [];
    private string fence = "";
    private bool inTable;

    private MarkdownReader(int capacity) => html = new StringBuilder(capacity);

    public static string ToHtml(string markdown)
    {
        var reader = new MarkdownReader(markdown.Length);
        var text = markdown.AsSpan();
        while (text.Length > 0)
        {
            var end = text.IndexOf('\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            var next = text.IndexOf('\n') is >= 0 and var length ? text[..length] : text;
            reader.Read(line.TrimEnd('\r'), next);
        }

        return reader.html.ToString();
    }

    private void Read(ReadOnlySpan<char> line, ReadOnlySpan<char> next)
    {
        var isHardBreak = line.EndsWith("  ", StringComparison.Ordinal) || line.EndsWith("\\", StringComparison.Ordinal);
        var rest = line.Trim();
        if (fence.Length > 0)
        {
            if (rest.StartsWith(fence, StringComparison.Ordinal) && rest.TrimStart(fence[0]).IsEmpty)
                fence = "";
            else
                Escape(line);
            html.Append(Break);
            return;
        }

        rest = WithoutMarkers(rest);
        if (FenceOf(rest) is { Length: > 0 } opened)
        {
            fence = opened;
            html.Append(Break);
            return;
        }

        if (rest.IsEmpty || IsRule(rest))
        {
            inTable &= !rest.IsEmpty;
            html.Append(Break);
            return;
        }

        inTable |= rest.Contains('|') && (rest[0] == '|' || IsTableRule(next.Trim()));
        if (inTable)
            ReadRow(rest);
        else if (HeadingText(rest) is { IsEmpty: false } heading)
        {
            html.Append(Break);
            ReadInline(heading);
            html.Append(Break);
        }
        else if (!IsLinkDefinition(rest))
        {
            ReadInline(isHardBreak ? rest.TrimEnd('\\') : rest);
            html.Append(isHardBreak ? Break : "\n");
        }
    }

    // Quotes, bullets, numbers and boxes to tick, in whatever order they stand.
    private ReadOnlySpan<char> WithoutMarkers(ReadOnlySpan<char> rest)
    {
        for (var depth = 0; depth < Deepest && rest.Length > 0; depth++)
        {
            var digits = 0;
            while (digits < rest.Length && digits < 9 && char.IsAsciiDigit(rest[digits]))
                digits++;
            int marker;
            if (rest[0] == '>')
                marker = 1;
            else if (rest[0] is '-' or '*' or '+' && (rest.Length == 1 || rest[1] == ' ') && !IsRule(rest))
                marker = 1;
            else if (digits > 0 && digits < rest.Length && rest[digits] is '.' or ')' && (rest.Length == digits + 1 || rest[digits + 1] == ' '))
                marker = digits + 1;
            else
                break;
            html.Append(Break);
            rest = rest[marker..].TrimStart();
        }

        return rest is ['[', ' ' or 'x' or 'X', ']', ' ', .. var task] ? task : rest;
    }

    private static string FenceOf(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 3 || rest[0] is not ('`' or '~'))
            return "";
        var length = rest.Length - rest.TrimStart(rest[0]).Length;
        return length >= 3 && !(rest[0] == '`' && rest[length..].Contains('`')) ? rest[..length].ToString() : "";
    }

    // A line of one sign alone: a rule, the underline of a heading, the line below a table's head.
    private static bool IsRule(ReadOnlySpan<char> rest) =>
        rest[0] is '=' && rest.Trim('=').IsEmpty
        || rest.Length >= 2 && rest[0] is '-' or '*' or '_' && rest.TrimStart(rest[0]).IsEmpty
        || rest.Length >= 5 && rest[0] is '-' or '*' or '_' && rest.Count(rest[0]) >= 3 && IsOnly(rest, rest[0], ' ')
        || IsTableRule(rest);

    private static bool IsTableRule(ReadOnlySpan<char> rest) =>
        rest.Length > 0 && rest.Contains('-') && rest.Contains('|') && rest.TrimStart("|-: ").IsEmpty;

    private static bool IsOnly(ReadOnlySpan<char> rest, char one, char other) => rest.IndexOfAnyExcept(one, other) < 0;

    private static ReadOnlySpan<char> HeadingText(ReadOnlySpan<char> rest)
    {
        var level = rest.Length - rest.TrimStart('#').Length;
        return level is >= 1 and <= 6 && level < rest.Length && rest[level] == ' ' ? rest[level..].Trim(' ').TrimEnd('#') : [];
    }

    private static bool IsLinkDefinition(ReadOnlySpan<char> rest) =>
        rest[0] == '[' && rest.Length > 1 && rest[1] != '^' && rest.IndexOf(']') is > 0 and var end && end + 1 < rest.Length && rest[end + 1] == ':';

    private void ReadRow(ReadOnlySpan<char> row)
    {
        var start = 0;
        for (var i = 0; i <= row.Length; i++)
        {
            if (i < row.Length && (row[i] != '|' || i > 0 && row[i - 1] == '\\'))
                continue;
            html.Append(Break);
            ReadInline(row[start..i]);
            start = i + 1;
        }

        html.Append(Break);
    }

    private void ReadInline(ReadOnlySpan<char> line)
    {
        MatchBrackets(line);
        var lastParenthesis = line.LastIndexOf(')');
        var lastAngle = line.LastIndexOf('>');
        for (var i = 0; i < line.Length; i++)
        {
            var next = i + 1 < line.Length ? line[i + 1] : ' ';
            switch (line[i])
            {
                case '\\' when char.IsAsciiLetterOrDigit(next) is false && next != ' ':
                    Escape(line.Slice(++i, 1));
                    break;
                case '`':
                    i = ReadCode(line, i);
                    break;
                case '!' when next == '[' && IsLink(line, i + 1, lastParenthesis):
                    break;
                case '[' when next == '^' && closing.TryGetValue(i, out var note):
                    i = note + (note + 1 < line.Length && line[note + 1] == ':' ? 1 : 0);
                    break;
                case '[' when IsLink(line, i, lastParenthesis):
                    linkEnds.Add(closing[i]);
                    break;
                case ']' when linkEnds.Contains(i):
                    i = EndOfTarget(line, i + 1);
                    break;
                case '*' when !IsBare(line, i):
                case '_' when !IsInsideWord(line, i):
                case '~' when next == '~' || i > 0 && line[i - 1] == '~':
                    break;
                case '<' when IsAddress(line[(i + 1)..]) && lastAngle > i:
                    var end = i + line[i..].IndexOf('>');
                    Escape(line[(i + 1)..end]);
                    i = end;
                    break;
                default:
                    html.Append(line[i]);
                    break;
            }
        }
    }

    private static bool IsAddress(ReadOnlySpan<char> rest) =>
        rest.StartsWith("http", StringComparison.Ordinal) || rest.StartsWith("mailto:", StringComparison.Ordinal);

    private void MatchBrackets(ReadOnlySpan<char> line)
    {
        linkEnds.Clear();
        brackets.Clear();
        closing.Clear();
        if (!line.Contains('['))
            return;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\')
                i++;
            else if (line[i] == '[')
                brackets.Push(i);
            else if (line[i] == ']' && brackets.TryPop(out var open))
                closing[open] = i;
        }
    }

    // [text](target) or [text][name]
    private bool IsLink(ReadOnlySpan<char> line, int open, int lastParenthesis) =>
        closing.TryGetValue(open, out var close) && close + 1 < line.Length
        && (line[close + 1] == '(' && lastParenthesis > close || line[close + 1] == '[' && closing.ContainsKey(close + 1));

    // A target may hold parentheses, one pair in the other.
    private int EndOfTarget(ReadOnlySpan<char> line, int open)
    {
        if (line[open] == '[')
            return closing[open];
        var depth = 0;
        for (var i = open; i < line.Length; i++)
        {
            depth += line[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
                return i;
        }

        return line.LastIndexOf(')');
    }

    private int ReadCode(ReadOnlySpan<char> line, int at)
    {
        var length = line[at..].Length - line[at..].TrimStart('`').Length;
        var ticks = line.Slice(at, length);
        var end = line[(at + length)..].IndexOf(ticks, StringComparison.Ordinal);
        if (end < 0)
        {
            Escape(ticks);
            return at + length - 1;
        }

        Escape(line.Slice(at + length, end));
        return at + length + end + length - 1;
    }

    // A star between blanks or digits multiplies.
    private static bool IsBare(ReadOnlySpan<char> line, int at)
    {
        var before = at > 0 ? line[at - 1] : ' ';
        var after = at + 1 < line.Length ? line[at + 1] : ' ';
        return char.IsWhiteSpace(before) && char.IsWhiteSpace(after) || char.IsDigit(before) && char.IsDigit(after);
    }

    private static bool IsInsideWord(ReadOnlySpan<char> line, int at) =>
        at > 0 && char.IsLetterOrDigit(line[at - 1]) && at + 1 < line.Length && char.IsLetterOrDigit(line[at + 1]);

    private void Escape(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            switch (c)
            {
                case '<':
                    html.Append("&lt;");
                    break;
                case '&':
                    html.Append("&amp;");
                    break;
                default:
                    html.Append(c);
                    break;
            }
        }
    }
}
