using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Markdig;

namespace Relais.Knowledge.Domain.Search;

/// <summary>Readable text of HTML and Markdown: markup gone, entities decoded, a line per block, scripts and styles left out.</summary>
internal static class PlainText
{
    /// <summary>Deeper markup is not followed: nobody writes it, and the stack stays bounded.</summary>
    private const int Deepest = 200;

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseAdvancedExtensions().Build();

    private static readonly HashSet<string> Unread = new(StringComparer.OrdinalIgnoreCase)
    {
        "script", "style", "template", "noscript", "head", "iframe", "object", "svg", "math",
    };

    private static readonly HashSet<string> Blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
        "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    };

    /// <summary>Text of an HTML fragment or document; any input is accepted.</summary>
    public static string FromHtml(string html)
    {
        if (string.IsNullOrWhiteSpace(html))
            return "";
        using var document = new HtmlParser().ParseDocument(html);
        var text = new StringBuilder(html.Length);
        if (document.Body is { } body)
            Append(body, text, 0);
        return text.ToString().TrimEnd();
    }

    /// <summary>Text of Markdown (CommonMark with tables and the other common extensions); HTML inside is read as HTML.</summary>
    public static string FromMarkdown(string markdown) =>
        string.IsNullOrWhiteSpace(markdown) ? "" : FromHtml(Markdown.ToHtml(markdown, Pipeline));

    private static void Append(INode node, StringBuilder text, int depth)
    {
        foreach (var child in node.ChildNodes)
        {
            if (child is IText { Data: var data })
                AppendText(data, text);
            else if (child is IElement element && !Unread.Contains(element.LocalName) && depth < Deepest)
            {
                var isBlock = Blocks.Contains(element.LocalName);
                if (isBlock)
                    Break(text);
                if (element.LocalName == "img" && element.GetAttribute("alt") is { Length: > 0 } alternative)
                    AppendText(alternative, text);
                Append(element, text, depth + 1);
                if (isBlock)
                    Break(text);
            }
        }
    }

    private static void AppendText(string data, StringBuilder text)
    {
        foreach (var c in data)
        {
            if (!char.IsWhiteSpace(c))
                text.Append(c);
            else if (text.Length > 0 && text[^1] is not (' ' or '\n'))
                text.Append(' ');
        }
    }

    private static void Break(StringBuilder text)
    {
        if (text.Length > 0 && text[^1] == ' ')
            text.Length--;
        if (text.Length > 0 && text[^1] != '\n')
            text.Append('\n');
    }
}
