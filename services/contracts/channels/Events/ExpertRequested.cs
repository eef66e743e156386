namespace Relais.Contracts.Channels;

/// <summary>A conversation was handed over to a person, with what was already said.</summary>
/// <param name="TicketId">The ticket to open; chosen here, so that the customer has it at once.</param>
/// <param name="Cause"><c>customer</c> (asked for a person), <c>repeated_failure</c> (the assistant gave up), <c>sensitive_topic</c> or
/// <c>angry_customer</c>.</param>
/// <param name="Category">Of the best article for the latest question that found any; empty when none did.</param>
/// <param name="RequiredSkills">From that article where it answered; empty lets the category decide.</param>
/// <param name="Transcript">The newest that was said; of a long conversation a first line of <c>SYSTEM</c> tells how many messages came before.</param>
/// <param name="SelfCare">What was asked in that and what came of it.</param>
/// <param name="CustomerTier"><c>STANDARD</c>, <c>GOLD</c> or <c>VIP</c>; empty, as from versions that did not tell it, is <c>STANDARD</c>.</param>
public sealed record ExpertRequested(
    Guid ConversationId, Guid TicketId, Guid CustomerId, string CustomerName, string CustomerEmail, string Channel, string Locale,
    string Cause, string Reason, string PreferredChannel, string Category, IReadOnlyList<RequiredSkill> RequiredSkills,
    IReadOnlyList<TranscriptLine> Transcript, IReadOnlyList<SelfCareTry> SelfCare, DateTimeOffset At, string CustomerTier = "") : IEvent
{
    public static string WireName => "relais.channels.expert-requested.v1";

    public string Key => ConversationId.ToString();
}

/// <summary>A skill that a matter needs, and the least level, 0 to 5.</summary>
public sealed record RequiredSkill(string Skill, int MinimumLevel);

/// <summary>Something said before the hand-over.</summary>
/// <param name="Author"><c>CUSTOMER</c>, <c>ASSISTANT</c>, <c>EXPERT</c> or <c>SYSTEM</c>.</param>
public sealed record TranscriptLine(Guid MessageId, int Sequence, string Author, string AuthorName, string Text, DateTimeOffset At);

/// <summary>What was asked of self-care and what came of it.</summary>
public sealed record SelfCareTry(string Question, bool Answered, double Confidence, IReadOnlyList<CitedArticle> Citations);
