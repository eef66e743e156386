namespace Relais.Contracts.Channels;

/// <summary>The customer said that the matter is solved.</summary>
/// <param name="TicketId">Where a person had the matter; null where self-care solved it.</param>
public sealed record ConversationSolved(Guid ConversationId, Guid? TicketId, DateTimeOffset At) : IEvent
{
    public static string WireName => "relais.channels.conversation-solved.v1";

    public string Key => ConversationId.ToString();
}
