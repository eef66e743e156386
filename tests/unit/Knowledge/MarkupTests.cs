using Relais.Knowledge.Domain;

namespace Relais.Unit.Knowledge;

public sealed class MarkupTests
{
    [Theory]
    [InlineData("<p>Un texte</p>", "Html")]
    [InlineData("Voici <span style=\"color:#2179c4;\"><strong>trois</strong></span> règles.<br />", "Html")]
    [InlineData("# Titre\n\n- un\n- deux", "Markdown")]
    [InlineData("Du texte simple, où 5 < 6.", "Markdown")]
    [InlineData("## Étapes\n1. Ouvrez<br>la boîte\n2. **Branchez**", "Markdown")]
    [InlineData("", "Markdown")]
    public void FormatOf_tells_html_from_markdown(string body, string format) => Assert.Equal(format, Markup.FormatOf(body).ToString());

    [Theory]
    [InlineData("[un lien](https://a.org/b(c)d) suit", "un lien suit")]
    [InlineData("![la box](box.png) clignote", "la box clignote")]
    [InlineData("`<b>` & `a_b`", "<b> & a_b")]
    [InlineData("snake_case, _accent_, __fort__, 2*3, 5 * 6", "snake_case, accent, fort, 2*3, 5 * 6")]
    [InlineData("```\n<x> code\n```\naprès", "<x> code\naprès")]
    [InlineData("Titre\n=====\ntexte\n\n***\nfin", "Titre\ntexte\nfin")]
    [InlineData("a | b\n--|--\n1 | 2\n\nfin | non", "a\nb\n1\n2\nfin | non")]
    [InlineData("- [ ] à faire\n1. un\n2) deux", "à faire\nun\ndeux")]
    [InlineData("[a]: https://a.org\nvoir [ceci][a] et <https://b.org>", "voir ceci et https://b.org")]
    [InlineData("[Rappel] texte\\*[^1]\n\n[^1]: note", "[Rappel] texte*\nnote")]
    [InlineData("x < 5 et y > 3", "x < 5 et y > 3")]
    public void TextOf_markdown_is_what_a_reader_sees(string body, string text) => Assert.Equal(text, Markup.TextOf(body, BodyFormat.Markdown));

    [Theory]
    [InlineData("a<!-- b -->c<!DOCTYPE html>d<?php e ?>f", "acdf")]
    [InlineData("<SCRIPT>if (a < b) alert('</p>')</SCRIPT>fin", "fin")]
    [InlineData("<p title=\"a > b\">texte</p>", "texte")]
    [InlineData("<p class='ouvert>texte</p>", "texte")]
    [InlineData("prix < 5 et <b", "prix < 5 et <b")]
    [InlineData("<head><title>non</title></head><body>oui</body>", "oui")]
    [InlineData("&lt;script&gt;&#233;&eacute;&#x1F600;", "<script>éé😀")]
    public void TextOf_html_is_what_a_reader_sees(string body, string text) => Assert.Equal(text, Markup.TextOf(body, BodyFormat.Html));

    [Theory]
    [InlineData("<b>")]
    [InlineData("<b><i></b>")]
    [InlineData("<a href='")]
    [InlineData("<x ")]
    [InlineData("<svg>")]
    [InlineData("[](")]
    [InlineData("![")]
    [InlineData("**a ")]
    [InlineData("> ")]
    [InlineData("- a- ")]
    [InlineData("`a``")]
    [InlineData("|a\n")]
    [InlineData("&")]
    public void TextOf_the_longest_body_of_broken_markup_ends(string part)
    {
        var body = string.Concat(Enumerable.Repeat(part, ArticleRules.LongestBody / part.Length));
        foreach (var format in Enum.GetValues<BodyFormat>())
            Assert.True(Markup.TextOf(body, format).Length <= body.Length);
        Markup.FormatOf(body);
    }
}
