namespace Relais.Contracts.Channels;

/// <summary>The assistant answered a message from cited articles, or said that it does not know.</summary>
/// <param name="Confidence">Of the best article found, 0 to 1.</param>
public sealed record AssistantReplied(
    Guid ConversationId, Guid MessageId, bool Answered, double Confidence, string Question, IReadOnlyList<CitedArticle> Citations,
    DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.channels.assistant-replied.v1";

    public string Key => ConversationId.ToString();
}

/// <summary>An article on which an answer rests.</summary>
public sealed record CitedArticle(Guid ArticleId, int Version, string Title, double Confidence);
