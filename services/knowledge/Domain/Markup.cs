using System.Text.RegularExpressions;
using Relais.Knowledge.Domain.Search;

namespace Relais.Knowledge.Domain;

/// <summary>Tells HTML from Markdown, and reads the text of both.</summary>
internal static partial class Markup
{
    /// <summary>Enough of a body to tell how it is written.</summary>
    private const int Sample = 20_000;

    /// <summary>
    /// How a body is written: HTML when it has more of HTML's tags than of Markdown's marks. Markdown may hold tags and
    /// plain text is Markdown.
    /// </summary>
    public static BodyFormat FormatOf(string body)
    {
        var sample = body.AsSpan(0, Math.Min(body.Length, Sample));
        var tags = Tag().Count(sample);
        return tags > 0 && tags >= Mark().Count(sample) ? BodyFormat.Html : BodyFormat.Markdown;
    }

    /// <summary>The readable text of a body, without markup.</summary>
    public static string TextOf(string body, BodyFormat format) => format switch
    {
        BodyFormat.Html => PlainText.FromHtml(body),
        BodyFormat.Markdown => PlainText.FromMarkdown(body),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    [GeneratedRegex("</?(?:a|b|blockquote|br|code|div|em|h[1-6]|hr|i|img|li|ol|p|pre|section|span|strong|table|t[dhr]|tbody|thead|u|ul)(?:\\s[^<>]{0,500})?/?>",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    // Headings, list items, quotes, fences and table rows at the start of a line; bold and links anywhere.
    [GeneratedRegex(@"^ {0,3}(?:#{1,6} |[-*+] |\d{1,3}[.)] |> |```|\|)|\*\*[^*\n]{1,200}\*\*|\[[^\]\n]{1,200}\]\([^)\n]{1,500}\)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
