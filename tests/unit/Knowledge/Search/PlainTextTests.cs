using Relais.Knowledge.Domain.Search;
using Xunit;

namespace Relais.Unit.Knowledge.Search;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("<p>Un&nbsp;<b>mot</b></p><p>deux</p>", "Un mot\ndeux")]
    [InlineData("<ul>\r\n\t<li>un</li>\r\n\t<li>deux</li></ul>", "un\ndeux")]
    [InlineData("a<script>alert(1)</script><style>p{}</style>b", "ab")]
    [InlineData("5 &lt; 6 &amp; caf&eacute; 😀", "5 < 6 & café 😀")]
    [InlineData("<p>never closed <b>text", "never closed text")]
    [InlineData("<img src=x onerror=alert(1) alt=\"le boîtier\">", "le boîtier")]
    [InlineData("plain text", "plain text")]
    [InlineData("  ", "")]
    public void FromHtml_keeps_what_a_reader_sees(string html, string text) => Assert.Equal(text, PlainText.FromHtml(html));

    [Theory]
    [InlineData("# Titre\n\nUn **mot** et [un lien](https://example.org).", "Titre\nUn mot et un lien.")]
    [InlineData("- un\n- deux", "un\ndeux")]
    [InlineData("| a | b |\n|---|---|\n| 1 | 2 |", "a\nb\n1\n2")]
    [InlineData("<script>alert(1)</script>\n\ntexte", "texte")]
    public void FromMarkdown_keeps_what_a_reader_sees(string markdown, string text) =>
        Assert.Equal(text, PlainText.FromMarkdown(markdown));

    [Fact]
    public void FromHtml_deeply_nested_markup_ends() =>
        Assert.StartsWith("x", PlainText.FromHtml("x" + string.Concat(Enumerable.Repeat("<div>", 20_000)) + "y"), StringComparison.Ordinal);
}
