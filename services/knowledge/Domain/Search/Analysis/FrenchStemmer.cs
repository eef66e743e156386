namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>
/// Light French stemmer over folded letters: J. Savoy, "Light stemming approaches for the French, Portuguese,
/// German and Hungarian languages" (SAC 2006), which conflates number, gender and the common derivations.
/// People ask in verbs where articles use nouns, so the commonest conjugated endings are removed as well,
/// after the manner of step 2b of the Snowball French stemmer, and <c>-ance</c>, <c>-ence</c> with them.
/// </summary>
internal static class FrenchStemmer
{
    /// <summary>Stems the word in place and returns the length of its stem.</summary>
    public static int Stem(Span<char> s, int length)
    {
        var n = length;
        if (n < 4 || !char.IsAsciiLetter(s[0]))
            return n;

        if (n > 5 && s[n - 1] == 'x')
        {
            if (s[n - 3] == 'a' && s[n - 2] == 'u' && s[n - 4] != 'e')
                s[n - 2] = 'l';
            n--;
        }
        if (n > 3 && s[n - 1] == 'x')
            n--;
        if (n > 3 && s[n - 1] == 's' && s[n - 2] != 's')
            n--;

        return Ending(s, Derivation(s, n));
    }

    private static int Derivation(Span<char> s, int n)
    {
        if (n > 9 && Ends(s, n, "issement"))
            return Replace(s, n, 7, "r");
        if (n > 8 && Ends(s, n, "issant"))
            return Replace(s, n, 5, "r");
        if (n > 6 && Ends(s, n, "ement"))
        {
            n -= 4;
            return n > 3 && Ends(s, n, "ive") ? Replace(s, n, 2, "f") : n;
        }
        if (n > 11 && Ends(s, n, "ficatrice"))
            return Replace(s, n, 7, "er");
        if (n > 10 && Ends(s, n, "ficateur"))
            return Replace(s, n, 6, "er");
        if (n > 8 && Ends(s, n, "atrice"))
            return Replace(s, n, 6, "er");
        if (n > 7 && Ends(s, n, "ateur"))
            return Replace(s, n, 5, "er");
        if (n > 6 && Ends(s, n, "trice"))
            return Replace(s, n, 4, "er");
        if (n > 5 && Ends(s, n, "ieme"))
            return n - 4;
        if (n > 7 && Ends(s, n, "teuse"))
            return Replace(s, n, 4, "er");
        if (n > 6 && Ends(s, n, "teur"))
            return Replace(s, n, 3, "er");
        if (n > 5 && Ends(s, n, "euse"))
            return n - 2;
        if (n > 7 && Ends(s, n, "ive"))
            return Replace(s, n, 2, "f");
        if (n > 9 && Ends(s, n, "nnelle"))
            return n - 5;
        if (n > 9 && Ends(s, n, "nnel"))
            return n - 3;
        if (n > 8 && Ends(s, n, "ique"))
            n -= 4;
        if (n > 8 && Ends(s, n, "esse"))
            return n - 3;
        if (n > 7 && Ends(s, n, "inage"))
            return n - 3;
        if (n > 9 && Ends(s, n, "isation"))
            return n - 5;
        if (n > 7 && (Ends(s, n, "ation") || Ends(s, n, "ition")))
            return n - 5;
        if (n > 7 && (Ends(s, n, "ance") || Ends(s, n, "ence")))
            return n - 4;
        return Conjugation(s, n);
    }

    private static int Conjugation(Span<char> s, int n)
    {
        if (n > 4 && Ends(s, n, "dre"))
            return n - 2;
        if (n > 4 && (Ends(s, n, "ndu") || Ends(s, n, "rdu")))
            return n - 1;
        if (n > 5 && (Ends(s, n, "ndue") || Ends(s, n, "rdue")))
            return n - 2;
        if (n > 8 && (Ends(s, n, "eraient") || Ends(s, n, "iraient")))
            return n - 7;
        if (n > 7 && (Ends(s, n, "erait") || Ends(s, n, "eront") || Ends(s, n, "erons") || Ends(s, n, "eriez")))
            return n - 5;
        if (n > 7 && Ends(s, n, "aient"))
            return n - 5;
        if (n > 6 && (Ends(s, n, "erai") || Ends(s, n, "erez")))
            return n - 4;
        if (n > 6 && (Ends(s, n, "era") || Ends(s, n, "ait") || Ends(s, n, "ant")))
            return n - 3;
        if (n > 6 && Ends(s, n, "ent") && !Ends(s, n, "ment"))
            return n - 3;
        if (n > 6 && Ends(s, n, "on") && !Ends(s, n, "ion"))
            return n - 2;
        if (n > 4 && (Ends(s, n, "ez") || Ends(s, n, "er")))
            return n - 2;
        return n > 4 && Ends(s, n, "ir") ? n - 1 : n;
    }

    private static int Ending(Span<char> s, int n)
    {
        if (n > 4)
        {
            var kept = 1;
            for (var i = 1; i < n; i++)
                if (s[i] != s[kept - 1] || !char.IsAsciiLetter(s[i]))
                    s[kept++] = s[i];
            n = kept;
        }

        if (n > 4 && Ends(s, n, "ie"))
            n -= 2;
        if (n > 4 && Ends(s, n, "er"))
            n--;
        if (n > 3 && s[n - 1] == 'e')
            n--;
        if (n > 3 && s[n - 1] == 'e')
            n--;
        if (s[n - 1] == 'y')
            s[n - 1] = 'i';
        return n > 4 && s[n - 1] == 'i' ? n - 1 : n;
    }

    private static bool Ends(ReadOnlySpan<char> s, int n, ReadOnlySpan<char> suffix) =>
        n >= suffix.Length && s[..n].EndsWith(suffix);

    private static int Replace(Span<char> s, int n, int cut, ReadOnlySpan<char> by)
    {
        by.CopyTo(s[(n - cut)..]);
        return n - cut + by.Length;
    }
}
