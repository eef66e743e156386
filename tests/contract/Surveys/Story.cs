using Relais.Contracts;
using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Contracts.Tickets;

namespace Relais.Contract.Surveys;

/// <summary>A conversation as it went, and the events that tell of it. The figures are recounted from it independently.</summary>
internal sealed record Story(
    Guid Conversation, string Channel, string Locale, DateTimeOffset Start, int Answers, int Refusals, bool Solved, bool Transferred,
    string Category, Guid? Expert, TimeSpan? FirstResponse, int Resolutions, DateTimeOffset LastSpoken)
{
    public Guid Ticket { get; } = Guid.CreateVersion7();

    public bool IsAbandoned(DateTimeOffset now) => !Solved && !Transferred && LastSpoken <= now.AddMinutes(-30);

    /// <summary>A story that nobody planned.</summary>
    public static Story Random(Random random, DateTimeOffset now)
    {
        var start = now.AddMinutes(-random.Next(1, 60 * 24 * 20));
        var (answers, refusals) = (random.Next(0, 4), random.Next(0, 3));
        var end = random.Next(3);
        var taken = end == 1 && random.Next(4) > 0;
        return new Story(
            Guid.CreateVersion7(),
            random.Next(2) == 0 ? "web_chat" : "email",
            random.Next(2) == 0 ? "fr" : "en",
            start,
            answers,
            refusals,
            Solved: end == 0,
            Transferred: end == 1,
            Category: end == 1 ? new[] { "power", "billing", "" }[random.Next(3)] : "",
            Expert: taken ? new Guid(random.Next(1, 4), 0, 0, new byte[8]) : null,
            FirstResponse: taken && random.Next(4) > 0 ? TimeSpan.FromSeconds(random.Next(5, 4_000)) : null,
            Resolutions: taken ? random.Next(0, 4) : 0,
            LastSpoken: start.AddSeconds(2 * (answers + refusals)));
    }

    /// <summary>Its events, in the order in which they happened.</summary>
    public IEnumerable<Told> Events()
    {
        var at = Start;
        yield return Named(new ConversationStarted(Conversation, Guid.CreateVersion7(), Channel, Locale, at));
        for (var n = 0; n < Answers + Refusals; n++)
        {
            at = at.AddSeconds(1);
            yield return Named(new CustomerMessageReceived(Conversation, Guid.CreateVersion7(), 2 * n + 1, "?", null, at));
            at = at.AddSeconds(1);
            yield return Named(new AssistantReplied(Conversation, Guid.CreateVersion7(), n < Answers, 0.5, "?", [], at));
        }

        at = at.AddSeconds(1);
        if (Solved)
            yield return Named(new ConversationSolved(Conversation, null, at));
        if (!Transferred)
            yield break;
        yield return Named(new ExpertRequested(Conversation, Ticket, Guid.CreateVersion7(), "", "", Channel, Locale, "customer", "", "", Category, [], [], [], at));
        yield return Named(new TicketOpened(Ticket, "T-1", Conversation, Guid.CreateVersion7(), Channel, Locale, "", Category, "NORMAL", [], at, at.AddHours(4)));
        if (Expert is not { } expert)
            yield break;
        // Somebody else had it first, and gave it up.
        yield return Named(new OfferAccepted(Guid.CreateVersion7(), Ticket, Guid.CreateVersion7(), "", at));
        yield return Named(new OfferAccepted(Guid.CreateVersion7(), Ticket, expert, "", at.AddSeconds(1)));
        if (FirstResponse is { } response)
        {
            yield return Named(new TicketReplied(Ticket, Conversation, Guid.CreateVersion7(), expert, "", "!", at + response));
            yield return Named(new TicketReplied(Ticket, Conversation, Guid.CreateVersion7(), expert, "", "!", at + 2 * response));
        }

        yield return Named(new CustomerMessageReceived(Conversation, Guid.CreateVersion7(), 99, "Merci", Ticket, at.AddDays(1)));
        for (var n = 1; n <= Resolutions; n++)
        {
            if (n > 1)
                yield return Named(new TicketReopened(Ticket, Conversation, expert, at, at));
            yield return Named(new TicketResolved(Ticket, "T-1", Conversation, expert, Channel, Locale, n, n % 2 == 0, at));
        }
    }

    private static Told Named<TEvent>(TEvent @event) where TEvent : IEvent => new(TEvent.WireName, @event);
}

/// <summary>An event and its wire name.</summary>
internal sealed record Told(string Name, IEvent Event);
