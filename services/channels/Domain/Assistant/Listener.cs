using System.Buffers;
using System.Globalization;
using System.Text;

namespace Relais.Channels.Domain.Assistant;

/// <summary>
/// Hears what sort of remark a message is, by the words and phrases of every language's <see cref="Vocabulary"/>: people
/// thank in English in a French conversation too.
/// </summary>
internal static class Listener
{
    // Small talk is short; longer than this there is a matter in it.
    private const int LongestSmallTalk = 8;

    private const int LongestShortWish = 4;

    // "I don't want to": words between a negation and what it turns around.
    private const int NegationReach = 3;

    private static readonly Vocabulary[] Vocabularies = [new FrenchVocabulary(), new EnglishVocabulary()];

    private static readonly SearchValues<string> Sensitive = Phrases(vocabulary => vocabulary.Sensitive);
    private static readonly SearchValues<string> Angry = Phrases(vocabulary => vocabulary.Angry);
    private static readonly SearchValues<string> Wishes = Phrases(vocabulary => vocabulary.Wishes);
    private static readonly HashSet<string> ShortWishes = Words(vocabulary => vocabulary.ShortWishes);
    private static readonly HashSet<string> Negations = Words(vocabulary => vocabulary.Negations);
    private static readonly HashSet<string> Greetings = Words(vocabulary => vocabulary.Greetings);
    private static readonly HashSet<string> Thanks = Words(vocabulary => vocabulary.Thanks);
    private static readonly HashSet<string> Goodbyes = Words(vocabulary => vocabulary.Goodbyes);
    private static readonly HashSet<string> Acknowledgements = Words(vocabulary => vocabulary.Acknowledgements);
    private static readonly HashSet<string> Courtesies = Words(vocabulary => vocabulary.Courtesies);

    public static Remark Hear(string text)
    {
        var folded = Fold(text);
        if (folded.AsSpan().ContainsAny(Sensitive))
            return Remark.Sensitive;
        if (HasWish(folded))
            return Remark.WantsPerson;
        if (folded.AsSpan().ContainsAny(Angry))
            return Remark.Angry;
        var words = folded.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length <= LongestShortWish && IsOnly(words, ShortWishes))
            return Remark.WantsPerson;
        return words.Length <= LongestSmallTalk ? HearSmallTalk(words) : Remark.Question;
    }

    /// <summary>Lower case, without diacritics and punctuation, one space around each word.</summary>
    internal static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length + 2).Append(' ');
        foreach (var rune in text.Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.Format)
                continue;
            if (Rune.IsLetterOrDigit(rune))
                folded.Append(rune.Value == 'œ' || rune.Value == 'Œ' ? "oe" : Rune.ToLowerInvariant(rune).ToString());
            else if (folded[^1] != ' ')
                folded.Append(' ');
        }

        if (folded[^1] != ' ')
            folded.Append(' ');
        return folded.ToString();
    }

    private static Remark HearSmallTalk(string[] words)
    {
        if (words.Length == 0)
            return Remark.Acknowledgement;
        var heard = Remark.Question;
        foreach (var word in words)
        {
            // "Bonjour et merci" thanks, "merci, au revoir" takes leave: the later kind counts.
            Remark? kind = Goodbyes.Contains(word) ? Remark.Goodbye
                : Thanks.Contains(word) ? Remark.Thanks
                : Greetings.Contains(word) ? Remark.Greeting
                : Acknowledgements.Contains(word) ? Remark.Acknowledgement
                : null;
            if (kind is null && !Courtesies.Contains(word))
                return Remark.Question;
            if (kind is { } known && Weight(known) > Weight(heard))
                heard = known;
        }

        return heard;
    }

    private static int Weight(Remark remark) => remark switch
    {
        Remark.Goodbye => 4,
        Remark.Thanks => 3,
        Remark.Greeting => 2,
        Remark.Acknowledgement => 1,
        _ => 0,
    };

    // "Je ne veux pas parler à un conseiller" wishes the contrary.
    private static bool HasWish(string folded)
    {
        for (var start = 0; start < folded.Length;)
        {
            var found = folded.AsSpan(start).IndexOfAny(Wishes);
            if (found < 0)
                return false;
            var before = folded[..(start + found)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!before.TakeLast(NegationReach).Any(Negations.Contains))
                return true;
            start += found + 1;
        }

        return false;
    }

    private static bool IsOnly(string[] words, HashSet<string> wanted) =>
        words.Any(wanted.Contains) && words.All(word => wanted.Contains(word) || Courtesies.Contains(word) || Greetings.Contains(word));

    private static SearchValues<string> Phrases(Func<Vocabulary, IEnumerable<string>> of) => SearchValues.Create(
        [.. Vocabularies.SelectMany(of).Select(Fold).Distinct(StringComparer.Ordinal)], StringComparison.Ordinal);

    private static HashSet<string> Words(Func<Vocabulary, string> of) => Vocabularies
        .SelectMany(vocabulary => Fold(of(vocabulary)).Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
}
