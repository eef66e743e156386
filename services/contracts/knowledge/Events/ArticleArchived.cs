namespace Relais.Contracts.Knowledge;

/// <summary>An article left search and answers.</summary>
public sealed record ArticleArchived(Guid ArticleId, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.knowledge.article-archived.v1";

    public string Key => ArticleId.ToString();
}
