namespace Relais.Contracts.Knowledge;

/// <summary>A version of an article became the one that readers see.</summary>
public sealed record ArticlePublished(
    Guid ArticleId, int Version, string Title, string Locale, string Category, string Audience, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.knowledge.article-published.v1";

    public string Key => ArticleId.ToString();
}
