namespace Relais.Channels.Data;

/// <summary>An event speaks of a conversation that is not here: it is delivered again, and kept for an operator at last.</summary>
internal sealed class ConversationMissingException(Guid conversationId) : Exception($"There is no conversation {conversationId}.");
