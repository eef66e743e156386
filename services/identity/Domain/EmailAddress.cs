using System.Text;

namespace Relais.Identity.Domain;

/// <summary>E-mail addresses as they are compared: without surrounding space, composed, lower case.</summary>
internal static class EmailAddress
{
    /// <summary>The longest address a mail path can carry (RFC 5321, 4.5.3.1.3, without its brackets).</summary>
    public const int Longest = 254;

    /// <summary>The address to compare by; null for what is no address.</summary>
    public static string? Normalise(string address)
    {
        var text = address.Trim();
        if (text.Length is 0 or > Longest || !IsWellFormed(text))
            return null;
        var key = text.Normalize(NormalizationForm.FormC).ToLowerInvariant();
        var at = key.LastIndexOf('@');
        return at is >= 1 and <= 64 && key.Length <= Longest && IsDomain(key[(at + 1)..]) && IsLocalPart(key[..at]) ? key : null;
    }

    private static bool IsLocalPart(string part) =>
        !part.Any(character => char.IsWhiteSpace(character) || char.IsControl(character) || character is '@' or '<' or '>' or '(' or ')' or ',' or ';' or ':' or '"' or '\\');

    private static bool IsDomain(string domain) =>
        domain.Split('.').All(label => label.Length is >= 1 and <= 63
            && label.All(character => char.IsLetterOrDigit(character) || character == '-')
            && label[0] != '-' && label[^1] != '-');

    // Normalize throws on lone surrogates.
    private static bool IsWellFormed(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
                return false;
            rest = rest[length..];
        }

        return true;
    }
}
