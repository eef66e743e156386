namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>Stems a folded word in place and returns the length of its stem.</summary>
internal delegate int Stemmer(Span<char> word, int length);

/// <summary>What the analysis knows of one language. Single words are folded (lower case, no accents); phrases are not.</summary>
/// <param name="Code">ISO 639-1 code, or empty for a language that is not known.</param>
/// <param name="Stem">Its stemmer.</param>
/// <param name="Stops">Words of pure grammar.</param>
/// <param name="Commons">Words that any question may contain and that hardly tell questions apart.</param>
/// <param name="Elisions">What is cut before an apostrophe ("l" in "l'offre").</param>
/// <param name="Clitics">What is cut after an apostrophe ("s" in "card's").</param>
/// <param name="QuestionTypes">Phrases that ask for the same kind of answer, by the name of the kind.</param>
/// <param name="Synonyms">Groups of expressions that mean nearly the same.</param>
/// <param name="Equivalents">Groups of expressions that mean the same: abbreviations, spellings.</param>
internal sealed record Language(
    string Code,
    Stemmer Stem,
    IReadOnlyList<string> Stops,
    IReadOnlyList<string> Commons,
    IReadOnlyList<string> Elisions,
    IReadOnlyList<string> Clitics,
    IReadOnlyDictionary<string, string[]> QuestionTypes,
    IReadOnlyList<string[]> Synonyms,
    IReadOnlyList<string[]> Equivalents)
{
    private static readonly Language Unknown =
        new("", (_, length) => length, [], [], [], [], new Dictionary<string, string[]>(), [], []);

    /// <summary>The language of a locale such as <c>fr</c>, <c>fr-CA</c> or <c>en_GB</c>.</summary>
    public static Language Of(string locale) =>
        CodeOf(locale) switch
        {
            "fr" => French.Language,
            "en" => English.Language,
            _ => Unknown,
        };

    /// <summary>The language subtag of a locale, in lower case.</summary>
    public static string CodeOf(string locale)
    {
        var end = locale.AsSpan().IndexOfAny('-', '_');
        return (end < 0 ? locale : locale[..end]).Trim().ToLowerInvariant();
    }
}
