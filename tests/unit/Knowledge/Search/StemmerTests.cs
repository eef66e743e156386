using Relais.Knowledge.Domain.Search.Analysis;
using Relais.Knowledge.Domain.Search.Scoring;
using Xunit;

namespace Relais.Unit.Knowledge.Search;

public sealed class StemmerTests
{
    [Theory]
    [InlineData("facture factures")]
    [InlineData("declarer declaration declarations declare declarez declarera")]
    [InlineData("resilier resiliation")]
    [InlineData("surveiller surveille surveillez surveillance")]
    [InlineData("conserver conservation conservees conserve")]
    [InlineData("abonnement abonnements abonner")]
    [InlineData("remboursement rembourser remboursez remboursements")]
    [InlineData("utilisation utiliser utilise utilisez utilisateur")]
    [InlineData("cheval chevaux")]
    [InlineData("national nationaux")]
    [InlineData("perdre perdu perdue perdus")]
    [InlineData("payer paie paye payez")]
    [InlineData("professionnel professionnels professionnelle")]
    public void French_forms_of_one_word_share_their_stem(string forms) => ShareStem(forms, FrenchStemmer.Stem);

    [Theory]
    [InlineData("carte carton")]
    [InlineData("poste poisson")]
    [InlineData("compte contrat")]
    [InlineData("acces achat")]
    public void French_words_apart_stay_apart(string words) => StayApart(words, FrenchStemmer.Stem);

    [Theory]
    [InlineData("caresses", "caress")]
    [InlineData("ponies", "poni")]
    [InlineData("ties", "tie")]
    [InlineData("cats", "cat")]
    [InlineData("agreed", "agre")]
    [InlineData("hopping", "hop")]
    [InlineData("hoping", "hope")]
    [InlineData("luxuriating", "luxuri")]
    [InlineData("happy", "happi")]
    [InlineData("say", "say")]
    [InlineData("relational", "relat")]
    [InlineData("rationalization", "ration")]
    [InlineData("generously", "generous")]
    [InlineData("communication", "communic")]
    [InlineData("knightly", "knight")]
    [InlineData("consigned", "consign")]
    [InlineData("consolations", "consol")]
    [InlineData("knocking", "knock")]
    [InlineData("controlling", "control")]
    [InlineData("electricity", "electr")]
    [InlineData("skies", "sky")]
    [InlineData("succeed", "succeed")]
    public void English_stem_is_the_published_one(string word, string stem) => Assert.Equal(stem, Stem(word, EnglishStemmer.Stem));

    [Theory]
    [InlineData("forget forgot forgotten forgetting")]
    [InlineData("pay paid paying pays")]
    [InlineData("lose lost losing loses")]
    public void English_irregular_forms_share_their_stem(string forms) => ShareStem(forms, EnglishStemmer.Stem);

    [Theory]
    [InlineData("facture", "factrue", 1)]
    [InlineData("internet", "intrenet", 1)]
    [InlineData("abonement", "abonnement", 1)]
    [InlineData("box", "box", 0)]
    [InlineData("prelevment", "prelevement", 1)]
    [InlineData("contrat", "contrats", 1)]
    [InlineData("resilier", "rezillier", 2)]
    public void Distance_counts_typing_errors(string one, string other, int distance) =>
        Assert.Equal(distance, Spelling.Distance(one, other, 2));

    [Fact]
    public void Distance_beyond_the_bound_is_only_known_to_be_beyond() =>
        Assert.True(Spelling.Distance("facture", "contrat", 2) > 2);

    private static void ShareStem(string forms, Stemmer stemmer) =>
        Assert.Single(forms.Split(' ').Select(form => Stem(form, stemmer)).Distinct());

    private static void StayApart(string words, Stemmer stemmer) =>
        Assert.Equal(2, words.Split(' ').Select(word => Stem(word, stemmer)).Distinct().Count());

    private static string Stem(string word, Stemmer stemmer)
    {
        Span<char> letters = stackalloc char[64];
        word.CopyTo(letters);
        return letters[..stemmer(letters, word.Length)].ToString();
    }
}
