namespace Relais.Channels.Domain;

internal static class Excerpt
{
    /// <summary>The beginning of a text, at most so many UTF-16 units, without half a character at its end.</summary>
    public static string Of(string text, int longest) =>
        text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
}
