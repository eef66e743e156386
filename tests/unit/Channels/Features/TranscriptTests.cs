using System.Text;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Features;
using Relais.Common.Messaging;
using Relais.Common.Requests;
using Relais.Contracts;
using Relais.Contracts.Channels;

namespace Relais.Unit.Channels.Features;

public sealed class TranscriptTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Short_conversation_goes_along_whole()
    {
        var messages = Messages(4, 10);
        var transcript = Transcript.Of(messages, Phrases.For("fr"), Noon);
        Assert.Equal(messages.Select(message => (message.Id, message.Sequence, message.Text)), transcript.Lines.Select(line => (line.MessageId, line.Sequence, line.Text)));
        Assert.Equal([messages[0].Text, messages[2].Text], transcript.SelfCare.Select(attempt => attempt.Question));
    }

    [Fact]
    public void Long_conversation_goes_along_with_its_newest_messages_whole_and_fits_in_an_event()
    {
        var messages = Messages(1_000, Check.LongestText);
        var transcript = Transcript.Of(messages, Phrases.For("en"), Noon);
        var kept = transcript.Lines.Count - 1;
        Assert.InRange(kept, 10, 200);
        Assert.Equal(messages.TakeLast(kept).Select(message => (message.Id, message.Text)), transcript.Lines.Skip(1).Select(line => (line.MessageId, line.Text)));
        var told = transcript.Lines[0];
        Assert.Equal((1_000 - kept, "SYSTEM", $"There are {1_000 - kept} earlier messages; they are in the conversation."), (told.Sequence, told.Author, told.Text));
        Assert.DoesNotContain(messages, message => message.Id == told.MessageId);
        Assert.All(transcript.SelfCare, attempt => Assert.Contains(transcript.Lines, line => line.Text == attempt.Question));
        var id = Guid.CreateVersion7(Noon);
        var @event = new ExpertRequested(id, id, id, "Nadège", "", "web_chat", "en", "customer", "", "", "", [], transcript.Lines, transcript.SelfCare, Noon);
        Assert.InRange(Encoding.UTF8.GetByteCount(EventCatalogue.Serialize(@event)), 1, OutboxMessage.MostBytes);
    }

    [Fact]
    public void Conversation_of_many_short_messages_goes_along_with_its_newest_and_their_questions()
    {
        var transcript = Transcript.Of(Messages(301, 1), Phrases.For("fr"), Noon);
        Assert.Equal(Enumerable.Range(101, 201), transcript.Lines.Select(line => line.Sequence));
        // The first kept is an answer, to a question that is not.
        Assert.Equal(99, transcript.SelfCare.Count);
    }

    // In turn the customer asks and the assistant answers; what JSON needs most bytes for.
    private static List<Message> Messages(int count, int characters) =>
    [
        .. Enumerable.Range(1, count).Select(sequence => new Message
        {
            Id = Guid.CreateVersion7(Noon),
            ConversationId = Guid.CreateVersion7(Noon),
            Sequence = sequence,
            Author = sequence % 2 == 1 ? Author.Customer : Author.Assistant,
            AuthorName = "",
            Text = new string((char)('\u4e00' + sequence), characters),
            CreatedAt = Noon,
            Details = sequence % 2 == 1 ? null : new MessageDetails(new Attempt(sequence - 1, false, 0.1, "", [], []), [], null),
        }),
    ];
}
