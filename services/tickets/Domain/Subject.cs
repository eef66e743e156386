using System.Globalization;

namespace Relais.Tickets.Domain;

/// <summary>What a ticket is about, in one line.</summary>
internal static class Subject
{
    /// <summary>The longest subject, in UTF-16 units.</summary>
    public const int Longest = 80;

    // Below this many words a text is a greeting or a yes, not a matter.
    private const int SubstantialWords = 3;

    /// <summary>
    /// The last question that self-care could not answer, since that is why a person is needed; else the first
    /// substantial text of the customer; else whatever they wrote.
    /// </summary>
    /// <param name="unanswered">What self-care could not answer, in order.</param>
    /// <param name="texts">What the customer wrote, in order.</param>
    /// <param name="reason">Why they asked for a person; may be empty.</param>
    /// <returns>One line of at most <see cref="Longest"/> characters; empty when the customer wrote nothing at all.</returns>
    public static string Of(IEnumerable<string> unanswered, IEnumerable<string> texts, string reason)
    {
        var said = texts.Append(reason).Select(OneLine).Where(text => text.Length > 0).ToList();
        var subject = unanswered.Select(OneLine).LastOrDefault(IsSubstantial)
            ?? said.Find(IsSubstantial)
            ?? said.MaxBy(text => text.Length)
            ?? "";
        return Shorten(subject);
    }

    private static bool IsSubstantial(string text) => text.Count(character => character == ' ') + 1 >= SubstantialWords;

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Shorten(string text)
    {
        if (text.Length <= Longest)
            return text;
        const int Room = Longest - 1;
        var space = text.LastIndexOf(' ', Room);
        // A language without spaces, or one very long word, is cut between two characters as a reader sees them.
        var end = space > Longest / 2 ? space : LastCharacterBoundary(text, Room);
        return text[..end].TrimEnd(' ', ',', ';', ':', '-') + "…";
    }

    private static int LastCharacterBoundary(string text, int longest)
    {
        var end = 0;
        while (StringInfo.GetNextTextElementLength(text, end) is var length && end + length <= longest)
            end += length;
        // One character of more than the whole room exists only as an attack; cut it without splitting a surrogate pair.
        return end > 0 ? end : char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
    }
}
