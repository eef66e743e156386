using System.Buffers;

namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>
/// M. F. Porter's second English stemmer ("Porter2", snowballstem.org/algorithms/english/stemmer.html) over folded
/// letters: steps 0 to 5 with regions R1 and R2. Possessives are removed before, by the analyser.
/// </summary>
internal static class EnglishStemmer
{
    private static readonly SearchValues<char> Vowels = SearchValues.Create("aeiouy");

    private static readonly Dictionary<string, string> Exceptions = new()
    {
        ["skis"] = "ski", ["skies"] = "sky", ["dying"] = "die", ["lying"] = "lie", ["tying"] = "tie",
        ["idly"] = "idl", ["gently"] = "gentl", ["ugly"] = "ugli", ["early"] = "earli", ["only"] = "onli",
        ["singly"] = "singl", ["sky"] = "sky", ["news"] = "news", ["howe"] = "howe", ["atlas"] = "atlas",
        ["cosmos"] = "cosmos", ["bias"] = "bias", ["andes"] = "andes", ["inning"] = "inning", ["outing"] = "outing",
        ["canning"] = "canning", ["herring"] = "herring", ["earring"] = "earring", ["proceed"] = "proceed",
        ["exceed"] = "exceed", ["succeed"] = "succeed",
        // Not Porter's: irregular forms that customers and authors mix.
        ["forgot"] = "forget", ["forgotten"] = "forget", ["lost"] = "lose", ["losing"] = "lose", ["paid"] = "pay",
        ["sent"] = "send", ["bought"] = "buy", ["stole"] = "steal", ["stolen"] = "steal", ["broke"] = "break",
        ["broken"] = "break", ["chose"] = "choose", ["chosen"] = "choose", ["wrote"] = "write",
        ["written"] = "write", ["spoke"] = "speak", ["spoken"] = "speak", ["took"] = "take", ["taken"] = "take",
        ["gave"] = "give", ["given"] = "give", ["went"] = "go", ["gone"] = "go", ["knew"] = "know",
        ["known"] = "know", ["saw"] = "see", ["seen"] = "see", ["found"] = "find", ["told"] = "tell",
        ["left"] = "leave", ["kept"] = "keep", ["felt"] = "feel", ["spent"] = "spend", ["built"] = "build",
        ["sold"] = "sell", ["held"] = "hold", ["brought"] = "bring", ["thought"] = "think", ["caught"] = "catch",
        ["heard"] = "hear", ["withdrew"] = "withdraw", ["withdrawn"] = "withdraw", ["froze"] = "freeze",
        ["frozen"] = "freeze", ["drove"] = "drive", ["driven"] = "drive", ["ate"] = "eat", ["eaten"] = "eat",
        ["fell"] = "fall", ["fallen"] = "fall", ["began"] = "begin", ["begun"] = "begin", ["ran"] = "run",
        ["met"] = "meet", ["understood"] = "understand", ["hid"] = "hide", ["hidden"] = "hide", ["got"] = "get",
        ["gotten"] = "get", ["made"] = "make", ["did"] = "do", ["done"] = "do", ["children"] = "child",
        ["people"] = "person", ["men"] = "man", ["women"] = "woman",
    };

    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> ExceptionLookup =
        Exceptions.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly (string Suffix, string By)[] Step2 =
    [
        ("ization", "ize"), ("ational", "ate"), ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"),
        ("tional", "tion"), ("biliti", "ble"), ("lessli", "less"), ("entli", "ent"), ("ation", "ate"),
        ("alism", "al"), ("aliti", "al"), ("ousli", "ous"), ("iviti", "ive"), ("fulli", "ful"), ("enci", "ence"),
        ("anci", "ance"), ("abli", "able"), ("izer", "ize"), ("ator", "ate"), ("alli", "al"), ("bli", "ble"),
        ("ogi", "og"), ("li", ""),
    ];

    private static readonly (string Suffix, string By)[] Step3 =
    [
        ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ative", ""),
        ("ical", "ic"), ("ness", ""), ("ful", ""),
    ];

    private static readonly string[] Step4 =
    [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
        "ion", "al", "er", "ic",
    ];

    /// <summary>Stems the word in place and returns the length of its stem.</summary>
    public static int Stem(Span<char> s, int length)
    {
        var n = length;
        if (n < 3 || !char.IsAsciiLetter(s[0]))
            return n;
        if (ExceptionLookup.TryGetValue(s[..n], out var exception))
        {
            exception.CopyTo(s);
            return exception.Length;
        }

        // A y that starts the word or follows a vowel is a consonant, marked by a capital while stemming.
        for (var i = 0; i < n; i++)
            if (s[i] == 'y' && (i == 0 || IsVowel(s[i - 1])))
                s[i] = 'Y';
        var r1 = Region1(s[..n]);
        var r2 = Region(s[..n], r1);

        n = Plural(s, n);
        n = Inflection(s, n, r1);
        if (n > 2 && s[n - 1] is 'y' or 'Y' && !IsVowel(s[n - 2]))
            s[n - 1] = 'i';
        n = ReplaceLongest(s, n, r1, Step2);
        n = Step3Of(s, n, r1, r2);
        n = Step4Of(s, n, r2);
        if (n > 0 && s[n - 1] == 'e' && (n - 1 >= r2 || (n - 1 >= r1 && !EndsShort(s, n - 1))))
            n--;
        else if (n > 1 && s[n - 1] == 'l' && s[n - 2] == 'l' && n - 1 >= r2)
            n--;
        for (var i = 0; i < n; i++)
            if (s[i] == 'Y')
                s[i] = 'y';
        return n;
    }

    private static int Plural(Span<char> s, int n)
    {
        if (Ends(s, n, "sses"))
            return n - 2;
        if (Ends(s, n, "ied") || Ends(s, n, "ies"))
            return n > 4 ? n - 2 : n - 1;
        if (s[n - 1] != 's' || Ends(s, n, "us") || Ends(s, n, "ss"))
            return n;
        for (var i = 0; i < n - 2; i++)
            if (IsVowel(s[i]))
                return n - 1;
        return n;
    }

    private static int Inflection(Span<char> s, int n, int r1)
    {
        if (Ends(s, n, "eedly"))
            return n - 5 >= r1 ? n - 3 : n;
        if (Ends(s, n, "eed"))
            return n - 3 >= r1 ? n - 1 : n;
        var cut = Ends(s, n, "ingly") ? 5 : Ends(s, n, "edly") ? 4 : Ends(s, n, "ing") ? 3 : Ends(s, n, "ed") ? 2 : 0;
        if (cut == 0 || !s[..(n - cut)].ContainsAny(Vowels))
            return n;

        n -= cut;
        if (Ends(s, n, "at") || Ends(s, n, "bl") || Ends(s, n, "iz"))
        {
            s[n] = 'e';
            return n + 1;
        }
        if (n > 1 && s[n - 1] == s[n - 2] && s[n - 1] is 'b' or 'd' or 'f' or 'g' or 'm' or 'n' or 'p' or 'r' or 't')
            return n - 1;
        if (n <= r1 && EndsShort(s, n))
        {
            s[n] = 'e';
            return n + 1;
        }
        return n;
    }

    private static int ReplaceLongest(Span<char> s, int n, int r1, (string Suffix, string By)[] rules)
    {
        foreach (var (suffix, by) in rules)
        {
            if (!Ends(s, n, suffix))
                continue;
            var at = n - suffix.Length;
            if (at < r1)
                return n;
            if (suffix == "ogi" && (at == 0 || s[at - 1] != 'l'))
                return n;
            if (suffix == "li" && (at == 0 || !"cdeghkmnrt".Contains(s[at - 1])))
                return n;
            by.CopyTo(s[at..]);
            return at + by.Length;
        }
        return n;
    }

    private static int Step3Of(Span<char> s, int n, int r1, int r2) =>
        Ends(s, n, "ative") && n - 5 < r2 ? n : ReplaceLongest(s, n, r1, Step3);

    private static int Step4Of(Span<char> s, int n, int r2)
    {
        foreach (var suffix in Step4)
        {
            if (!Ends(s, n, suffix))
                continue;
            var at = n - suffix.Length;
            if (at < r2 || (suffix == "ion" && (at == 0 || s[at - 1] is not ('s' or 't'))))
                return n;
            return at;
        }
        return n;
    }

    private static int Region1(ReadOnlySpan<char> s)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["gener", "commun", "arsen"])
            if (s.StartsWith(prefix))
                return prefix.Length;
        return Region(s, 0);
    }

    private static int Region(ReadOnlySpan<char> s, int from)
    {
        for (var i = from + 1; i < s.Length; i++)
            if (!IsVowel(s[i]) && IsVowel(s[i - 1]))
                return i + 1;
        return s.Length;
    }

    /// <summary>True when the word ends in a short syllable.</summary>
    private static bool EndsShort(ReadOnlySpan<char> s, int n) =>
        n switch
        {
            < 2 => false,
            2 => IsVowel(s[0]) && !IsVowel(s[1]),
            _ => !IsVowel(s[n - 3]) && IsVowel(s[n - 2]) && !IsVowel(s[n - 1]) && s[n - 1] is not ('w' or 'x' or 'Y'),
        };

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';

    private static bool Ends(ReadOnlySpan<char> s, int n, ReadOnlySpan<char> suffix) =>
        n >= suffix.Length && s[..n].EndsWith(suffix);
}
