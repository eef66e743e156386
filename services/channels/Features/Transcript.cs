using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Channels.Grpc;
using Relais.Contracts.Channels;

namespace Relais.Channels.Features;

/// <summary>
/// What of a conversation goes with its hand-over: its newest messages and what self-care tried in them, so that an event
/// can carry it. The whole stays in the conversation; a first line tells how many messages came before.
/// </summary>
internal sealed record Transcript(IReadOnlyList<TranscriptLine> Lines, IReadOnlyList<SelfCareTry> SelfCare)
{
    public const int MostMessages = 200;

    // In UTF-16 units, each up to six bytes of JSON. What customers asked goes along twice, and with it the titles of articles.
    private const int MostCharacters = 300_000;

    /// <param name="messages">The newest of the conversation, in their order.</param>
    public static Transcript Of(IReadOnlyList<Message> messages, Phrases phrases, DateTimeOffset now)
    {
        var (first, characters) = (messages.Count, 0);
        while (first > 0 && messages.Count - first < MostMessages && (characters += messages[first - 1].Text.Length) <= MostCharacters)
            first--;
        var kept = messages.Skip(first).ToList();
        var lines = kept.ConvertAll(message => new TranscriptLine(
            message.Id, message.Sequence, message.Author.ToWord(), message.AuthorName, message.Text, message.CreatedAt));
        // Sequences begin with 1 and have no gaps.
        if (kept is [{ Sequence: > 1 } oldest, ..])
        {
            var earlier = oldest.Sequence - 1;
            lines.Insert(0, new TranscriptLine(
                Guid.CreateVersion7(now), earlier, Author.System.ToWord(), "", phrases.EarlierMessages(earlier), oldest.CreatedAt));
        }

        var questions = kept.Where(message => message.Author == Author.Customer).ToDictionary(message => message.Sequence, message => message.Text);
        return new Transcript(lines,
        [
            .. from message in kept
               let attempt = message.Details?.Attempt
               where attempt is not null && questions.ContainsKey(attempt.QuestionSequence)
               select new SelfCareTry(
                   questions[attempt.QuestionSequence], attempt.Answered, attempt.Confidence, [.. attempt.Citations.Select(citation => citation.ToEvent())]),
        ]);
    }
}
