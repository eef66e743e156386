using Relais.Common.Data;
using Relais.Contracts.Knowledge;

namespace Relais.Knowledge.Domain;

/// <summary>A version of an article as it was published; it never changes.</summary>
internal sealed class ArticleVersion : ArticleText, ITenantOwned
{
    private ArticleVersion()
    {
    }

    internal ArticleVersion(Article article, string plainText, DateTimeOffset now) : base(article.ToContent())
    {
        ArticleId = article.Id;
        Version = article.Version;
        TenantId = article.TenantId;
        ExternalId = article.ExternalId;
        PlainText = plainText;
        PublishedAt = now;
    }

    public string TenantId { get; set; } = "";

    public Guid ArticleId { get; private init; }

    /// <summary>From 1, without gaps.</summary>
    public int Version { get; private init; }

    public string? ExternalId { get; private init; }

    /// <summary>The body without markup, kept so that a start need not read the markup again.</summary>
    public string PlainText { get; private init; } = "";

    public DateTimeOffset PublishedAt { get; private init; }

    public ArticlePublished ToEvent() => new(ArticleId, Version, Title, Locale, Category, Audience, PublishedAt);
}
