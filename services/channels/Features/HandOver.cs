using Microsoft.EntityFrameworkCore;
using Relais.Channels.Data;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Grpc;
using Relais.Channels.Talking;
using Relais.Common.Data;
using Relais.Contracts.Channels;

namespace Relais.Channels.Features;

/// <summary>Gives a conversation to a person, with everything already said and what self-care tried.</summary>
internal sealed class HandOver(ChannelsDb db, UnitOfWork<ChannelsDb> unit, Talk talk)
{
    /// <summary>Runs within a unit of work; messages added in the same one go along.</summary>
    /// <returns>The id of the ticket that will open.</returns>
    public async Task<Guid> RunAsync(
        Conversation conversation, string cause, string reason, string preferredChannel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var messages = await db.Messages.AsNoTracking().Where(row => row.ConversationId == conversation.Id).ToListAsync(cancellationToken);
        messages.AddRange(db.Messages.Local.Where(row => row.ConversationId == conversation.Id));
        messages.Sort((one, other) => one.Sequence.CompareTo(other.Sequence));
        var attempts = messages.Select(message => message.Details?.Attempt).OfType<Attempt>().ToList();
        var matter = Matter.Of(attempts);
        var questions = messages.Where(message => message.Author == Author.Customer).ToDictionary(message => message.Sequence, message => message.Text);

        var ticketId = Guid.CreateVersion7(now);
        conversation.HandOver(ticketId);
        talk.Add(conversation, conversation.SystemSays(Phrases.For(conversation.Locale).HandedOver(cause), now));
        talk.Publish(conversation, new ExpertRequested(
            conversation.Id, ticketId, conversation.CustomerId, conversation.CustomerName, conversation.CustomerEmail, conversation.Channel,
            conversation.Locale, cause, reason, preferredChannel, matter.Category, matter.RequiredSkills,
            [.. messages.Select(message => new TranscriptLine(
                message.Id, message.Sequence, message.Author.ToWord(), message.AuthorName, message.Text, message.CreatedAt))],
            [.. attempts.Select(attempt => new SelfCareTry(
                questions[attempt.QuestionSequence], attempt.Answered, attempt.Confidence,
                [.. attempt.Citations.Select(citation => citation.ToEvent())]))],
            now, conversation.CustomerTier), now);
        unit.AfterCommit(() => ChannelsTelemetry.HandedOver(cause));
        return ticketId;
    }
}
