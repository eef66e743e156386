namespace Relais.Channels.Connectors;

internal static class Topics
{
    /// <summary>Raised when a conversation has changed.</summary>
    public static string Conversation(Guid id) => $"conversation/{id}";
}
