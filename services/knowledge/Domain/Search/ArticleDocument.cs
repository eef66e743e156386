namespace Relais.Knowledge.Domain.Search;

/// <summary>A published article as the search sees it: plain text only.</summary>
/// <param name="Id">Identifier, unique in the tenant.</param>
/// <param name="Version">Its published version; a later one replaces an earlier one.</param>
/// <param name="Locale">Locale of the text, such as <c>fr</c> or <c>en-GB</c>; only its language counts.</param>
/// <param name="Title">Title or question.</param>
/// <param name="Body">Plain text; see <see cref="PlainText"/> for HTML and Markdown.</param>
/// <param name="Category">Category, or null.</param>
/// <param name="Audience">Who may see it; null or <c>public</c> is everyone, <see cref="Audiences.Internal"/> staff alone.</param>
/// <param name="ExampleQuestions">Questions that this article answers, in the words of customers.</param>
internal sealed record ArticleDocument(
    string Id,
    long Version,
    string Locale,
    string Title,
    string Body,
    string? Category = null,
    string? Audience = null,
    IReadOnlyList<string>? ExampleQuestions = null);

/// <summary>The audiences that the search itself knows; all others are the tenant's own words.</summary>
internal static class Audiences
{
    /// <summary>Everyone; what is meant when nothing is asked for.</summary>
    public const string Public = "public";

    /// <summary>Staff alone. Asking as internal shows every article.</summary>
    public const string Internal = "internal";

    /// <summary>Whether an article may be shown to who asks.</summary>
    /// <param name="article">The article's audience.</param>
    /// <param name="asked">The audience asked for; null, empty or <c>public</c> shows all but internal articles.</param>
    public static bool Sees(string? article, string? asked)
    {
        if (Is(asked, Internal))
            return true;
        if (Is(article, Internal))
            return false;
        return string.IsNullOrWhiteSpace(article) || Is(article, Public)
            || string.IsNullOrWhiteSpace(asked) || Is(asked, Public)
            || Is(article, asked.Trim());
    }

    private static bool Is(string? audience, string other) =>
        string.Equals(audience?.Trim(), other, StringComparison.OrdinalIgnoreCase);
}
