using System.Text;

namespace Relais.Knowledge.Domain.Search.Indexing;

/// <summary>What the index keeps of an article. The body stays as UTF-8, half the memory of a string.</summary>
internal sealed class IndexedArticle
{
    private readonly byte[] _body;

    public IndexedArticle(ArticleDocument document, int firstUnit)
    {
        Id = document.Id;
        Version = document.Version;
        Locale = document.Locale;
        Title = document.Title;
        Category = document.Category;
        Audience = document.Audience;
        Questions = document.ExampleQuestions is { Count: > 0 } questions ? [.. questions] : [];
        FirstUnit = firstUnit;
        _body = Encoding.UTF8.GetBytes(document.Body);
    }

    public string Id { get; }

    public long Version { get; }

    public string Locale { get; }

    public string Title { get; }

    public string? Category { get; }

    public string? Audience { get; }

    public string[] Questions { get; }

    /// <summary>Ordinal of its title; its example questions follow.</summary>
    public int FirstUnit { get; }

    public int Units => Questions.Length + 1;

    public string Body => Encoding.UTF8.GetString(_body);

    /// <summary>At most so many bytes of the body, whole characters.</summary>
    public string Beginning(int length)
    {
        if (_body.Length <= length)
            return Body;
        var bytes = length;
        while (bytes > 0 && (_body[bytes] & 0xC0) == 0x80)
            bytes--;
        return Encoding.UTF8.GetString(_body, 0, bytes);
    }

    public ArticleDocument Document() => new(Id, Version, Locale, Title, Body, Category, Audience, Questions);
}

/// <summary>The smallest thing that a question is compared with: a title or one example question.</summary>
/// <param name="Article">Ordinal of its article.</param>
/// <param name="Words">Number of stems.</param>
/// <param name="Groups">Number of different letter groups.</param>
internal readonly record struct Unit(int Article, ushort Words, ushort Groups);
