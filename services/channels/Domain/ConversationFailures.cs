using Relais.Common.Failures;

namespace Relais.Channels.Domain;

internal static class ConversationFailures
{
    public static Failure Closed => Failure.Precondition(
        "conversation.closed", "This conversation has ended. Open a new one with POST /v1/conversations for a new matter.");

    /// <summary>Also for conversations of others: that one exists is nobody else's business.</summary>
    public static Failure NotFound => Failure.NotFound("conversation.not_found", "There is no such conversation, or it is not yours.");

    public static Failure UnknownChannel(string field, string named, IEnumerable<string> known) => Failure.Invalid(
        "channel.unknown", $"'{(named.Length <= 60 ? named : named[..60] + "…")}' is not a channel here. Known: {string.Join(", ", known)}.",
        new FieldViolation(field, $"must be one of: {string.Join(", ", known)}."));
}
