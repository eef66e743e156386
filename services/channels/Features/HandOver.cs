using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Talking;
using Relais.Common.Data;
using Relais.Contracts.Channels;

namespace Relais.Channels.Features;

/// <summary>Gives a conversation to a person, with what was already said and what self-care tried.</summary>
internal sealed class HandOver(ChannelsDb db, UnitOfWork<ChannelsDb> unit, Talk talk)
{
    /// <summary>Runs within a unit of work; messages added in the same one go along.</summary>
    /// <returns>The id of the ticket that will open.</returns>
    public async Task<Guid> RunAsync(
        Conversation conversation, string cause, string reason, string preferredChannel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var messages = await db.ReadOnAsync(
            conversation.Id, conversation.LastSequence - Transcript.MostMessages, Transcript.MostMessages, cancellationToken);
        messages.AddRange(db.Messages.Local.Where(row => row.ConversationId == conversation.Id));
        messages.Sort((one, other) => one.Sequence.CompareTo(other.Sequence));
        var matter = Matter.Of([.. messages.Select(message => message.Details?.Attempt).OfType<Attempt>()]);
        var phrases = Phrases.For(conversation.Locale);
        var transcript = Transcript.Of(messages, phrases, now);

        var ticketId = Guid.CreateVersion7(now);
        conversation.HandOver(ticketId);
        talk.Add(conversation, conversation.SystemSays(phrases.HandedOver(cause), now));
        talk.Publish(conversation, new ExpertRequested(
            conversation.Id, ticketId, conversation.CustomerId, conversation.CustomerName, conversation.CustomerEmail, conversation.Channel,
            conversation.Locale, cause, reason, preferredChannel, matter.Category, matter.RequiredSkills,
            transcript.Lines, transcript.SelfCare, now, conversation.CustomerTier), now);
        unit.AfterCommit(() => ChannelsTelemetry.HandedOver(cause));
        return ticketId;
    }
}
