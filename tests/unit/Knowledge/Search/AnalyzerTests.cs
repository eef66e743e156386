using Relais.Knowledge.Domain.Search.Analysis;
using Xunit;

namespace Relais.Unit.Knowledge.Search;

public sealed class AnalyzerTests
{
    [Theory]
    [InlineData("ÉLÈVE Œuvre straße", "eleve oeuvre strasse")]
    [InlineData("e\u0301le\u0300ve", "eleve")]
    [InlineData("ｆｕｌｌ １２", "full 12")]
    [InlineData("ﬁbre optique", "fibre optique")]
    [InlineData("  Łódź — ça ! ", "lodz ca")]
    [InlineData("مرحبا 😀 привет", "مرحبا привет")]
    public void Fold_text_gives_letters_without_case_and_accents(string text, string folded) =>
        Assert.Equal(folded, Folding.Fold(text));

    [Fact]
    public void Composed_and_decomposed_spellings_are_the_same_stems() =>
        Assert.Equal(Stems("Résiliation différée", "fr"), Stems("Re\u0301siliation diffe\u0301re\u0301e", "fr"));

    [Theory]
    [InlineData("l'offre d’abonnement")]
    [InlineData("L’offre d'abonnement")]
    [InlineData("l offre d abonnement")]
    [InlineData("offre abonnement")]
    [InlineData("jusqu'à l'offre, lorsqu’un abonnement")]
    [InlineData("puisqu'offre qu'abonnement")]
    public void French_elision_is_cut_with_either_apostrophe(string text) =>
        Assert.Equal(["ofr", "abon"], Stems(text, "fr"));

    [Fact]
    public void English_possessives_and_contractions_are_cut() =>
        Assert.Equal(Stems("card", "en"), Stems("card's, it's, don’t", "en"));

    [Theory]
    [InlineData("wi-fi", "wifi")]
    [InlineData("e-mail", "email")]
    [InlineData("pare‑feu", "parefeu")]
    public void Compound_is_found_written_together_as_well(string text, string together) =>
        Assert.Contains(Stems(together, "fr")[0], Stems(text, "fr"));

    [Fact]
    public void Verb_and_pronoun_are_no_compound()
    {
        var tokens = new TokenBuffer();
        Analyzer.Of("fr").Analyze("dois-je, peut-on, reste-t-il", tokens, isQuestion: false);

        Assert.DoesNotContain(tokens.Tokens.ToArray(), token => token.Kind == TokenKind.Compound);
    }

    [Theory]
    [InlineData("fr", "Qu'est-ce que le FCC ?", "?definition")]
    [InlineData("fr", "Le FCC, c’est quoi ?", "?definition")]
    [InlineData("fr", "À quoi ça sert un cookie ?", "?definition")]
    [InlineData("fr", "Combien de temps sont gardées les images ?", "?duration")]
    [InlineData("fr", "Puis-je refuser ?", "?right")]
    [InlineData("en", "What is a direct debit?", "?definition")]
    [InlineData("en", "How long does it take?", "?duration")]
    public void Kind_of_question_is_seen_however_it_is_asked(string locale, string text, string type) =>
        Assert.Contains(type, Stems(text, locale));

    [Fact]
    public void Unknown_language_is_analysed_without_stems_and_stop_words() =>
        Assert.Equal(["wie", "kundige", "ich"], Stems("Wie kündige ich?", "de-CH"));

    [Fact]
    public void Tokens_remember_where_they_were_in_the_original()
    {
        const string text = "Où est l’e\u0301lève ?";
        var tokens = new TokenBuffer();
        Analyzer.Of("fr").Analyze(text, tokens, isQuestion: false);

        var last = tokens.Tokens[^1];
        Assert.Equal("e\u0301lève", text[last.Start..last.End]);
    }

    [Fact]
    public void Endless_word_is_cut_not_thrown() =>
        Assert.Single(Stems(new string('x', 100_000), "fr"));

    private static string[] Stems(string text, string locale)
    {
        var tokens = new TokenBuffer();
        Analyzer.Of(locale).Analyze(text, tokens, isQuestion: true);
        var stems = new List<string>();
        foreach (ref readonly var token in tokens.Tokens)
            if (token.Kind != TokenKind.Stop)
                stems.Add(tokens.Stem(token).ToString());
        return [.. stems];
    }
}
