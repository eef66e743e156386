using System.Globalization;
using System.Text;

namespace Relais.Knowledge.Domain.Search.Analysis;

/// <summary>
/// Folds one UTF-16 unit to lower-case letters without diacritics, so that composed and decomposed spellings,
/// ligatures, full-width forms and missing accents meet. Working unit by unit keeps the offsets of the original text.
/// </summary>
internal static class Folding
{
    private const int FirstLatin = 0xC0;
    private const int LastLatin = 0x24F;
    private const int FirstAdditional = 0x1E00;
    private const int LastAdditional = 0x1EFF;

    private static readonly string[] Latin = Table(FirstLatin, LastLatin);
    private static readonly string[] Additional = Table(FirstAdditional, LastAdditional);

    /// <summary>Writes the folded form of a letter, digit or mark and returns its length: 0 for a combining mark.</summary>
    /// <param name="into">Room for at least four characters.</param>
    public static int Fold(char c, Span<char> into)
    {
        if (c < FirstLatin)
        {
            into[0] = c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c;
            return 1;
        }

        var folded = c switch
        {
            <= (char)LastLatin => Latin[c - FirstLatin],
            >= (char)FirstAdditional and <= (char)LastAdditional => Additional[c - FirstAdditional],
            '\uFB00' => "ff",
            '\uFB01' => "fi",
            '\uFB02' => "fl",
            _ => null,
        };
        if (folded is not null)
        {
            folded.CopyTo(into);
            return folded.Length;
        }

        if (IsMark(c))
            return 0;
        into[0] = c is >= '\uFF01' and <= '\uFF5E'
            ? char.ToLowerInvariant((char)(c - 0xFEE0))
            : char.ToLowerInvariant(c);
        return 1;
    }

    /// <summary>True for what belongs to a word: letters, digits and the marks that combine with them.</summary>
    public static bool IsWord(char c) =>
        c < 0x80 ? char.IsAsciiLetterOrDigit(c) : char.IsLetterOrDigit(c) || IsMark(c);

    public static bool IsApostrophe(char c) =>
        c is '\'' or '\u2019' or '\u2018' or '\u02BC' or '\u00B4' or '`' or '\uFF07' or '\u2032';

    public static bool IsHyphen(char c) => c is '-' or '\u2010' or '\u2011' or '\u00AD';

    /// <summary>The whole text folded, its word breaks as single blanks.</summary>
    public static string Fold(string text)
    {
        var result = new StringBuilder(text.Length);
        Span<char> unit = stackalloc char[4];
        foreach (var c in text)
        {
            if (IsWord(c))
                result.Append(unit[..Fold(c, unit)]);
            else if (result.Length > 0 && result[^1] != ' ')
                result.Append(' ');
        }
        return result.ToString().TrimEnd();
    }

    private static bool IsMark(char c) =>
        c >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(c)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static string[] Table(int first, int last)
    {
        var table = new string[last - first + 1];
        for (var i = first; i <= last; i++)
        {
            var c = (char)i;
            table[i - first] = c switch
            {
                'Æ' or 'æ' => "ae",
                'Œ' or 'œ' => "oe",
                'ß' or '\u1E9E' => "ss",
                'Ø' or 'ø' => "o",
                'Đ' or 'đ' or 'Ð' or 'ð' => "d",
                'Ł' or 'ł' => "l",
                'ı' => "i",
                'Þ' or 'þ' => "th",
                'ŀ' or 'Ŀ' => "l",
                'Ĳ' or 'ĳ' => "ij",
                _ => Stripped(c),
            };
        }
        return table;
    }

    private static string Stripped(char c)
    {
        var letters = new StringBuilder();
        foreach (var part in c.ToString().Normalize(NormalizationForm.FormKD))
            if (!IsMark(part))
                letters.Append(char.ToLowerInvariant(part));
        return letters.ToString();
    }
}
