using System.Text.RegularExpressions;

namespace Relais.Identity.Domain;

/// <summary>A customer's contact points as they are compared, so that one address written two ways is one person.</summary>
internal static partial class ContactAddress
{
    public const string Email = "email";
    public const string Phone = "phone";
    public const int Longest = 254;

    /// <summary>Whether a kind is a channel's id: lower case, digits, underscores.</summary>
    public static bool IsKind(string kind) => KindForm().IsMatch(kind);

    /// <summary>
    /// The address to store and compare. A phone number keeps its digits, with <c>+</c> where it named its country (E.164);
    /// other kinds are only trimmed. Null for what cannot be an address of that kind.
    /// </summary>
    public static string? Normalise(string kind, string address) => kind switch
    {
        Email => EmailAddress.Normalise(address),
        Phone => NormalisePhone(address),
        _ => NormaliseOther(address),
    };

    private static string? NormalisePhone(string address)
    {
        var text = PhonePunctuation().Replace(address, "");
        if (text.StartsWith("00", StringComparison.Ordinal))
            text = "+" + text[2..];
        var digits = text.StartsWith('+') ? text[1..] : text;
        // E.164 allows 15 digits; shorter than 6 are service numbers, which belong to nobody.
        return digits.Length is >= 6 and <= 15 && digits.All(char.IsAsciiDigit) ? text : null;
    }

    private static string? NormaliseOther(string address)
    {
        var text = address.Trim();
        return text.Length is >= 1 and <= Longest && !text.Any(char.IsControl) ? text : null;
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KindForm();

    // Spaces of any kind, and what people put between the digits: . - / ( ) and the optional (0) of +33 (0)1.
    [GeneratedRegex(@"(?<=\+\d{1,3}\s?)\(0\)|[\s.\-‐-―/()]", RegexOptions.CultureInvariant)]
    private static partial Regex PhonePunctuation();
}
