using Relais.AppHost.Client;

namespace Relais.Faults;

/// <summary>What the platform acknowledged, as its clients wrote it down.</summary>
internal sealed class Journal
{
    private readonly Lock one = new();
    private readonly Dictionary<string, ConversationRecord> conversations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource<ConversationRecord>> tickets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);

    public IReadOnlyCollection<ConversationRecord> Conversations
    {
        get
        {
            lock (one)
                return [.. conversations.Values];
        }
    }

    /// <summary>The names that members of staff were given last, by their ids.</summary>
    public IReadOnlyDictionary<string, string> Names
    {
        get
        {
            lock (one)
                return new Dictionary<string, string>(names, StringComparer.Ordinal);
        }
    }

    public ConversationRecord Open(string id, PublicApi api)
    {
        lock (one)
            return conversations[id] = new ConversationRecord(id, api);
    }

    /// <summary>The customer was told their ticket.</summary>
    public void Note(ConversationRecord record, string ticketId)
    {
        record.TicketId = ticketId;
        TicketOf(ticketId).SetResult(record);
    }

    public void NoteName(string staffId, string name)
    {
        lock (one)
            names[staffId] = name;
    }

    /// <summary>Whose ticket it is, once they were told.</summary>
    public Task<ConversationRecord> WhoseAsync(string ticketId) => TicketOf(ticketId).Task;

    private TaskCompletionSource<ConversationRecord> TicketOf(string ticketId)
    {
        lock (one)
        {
            if (!tickets.TryGetValue(ticketId, out var told))
                tickets[ticketId] = told = new TaskCompletionSource<ConversationRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
            return told;
        }
    }
}

/// <summary>An offer that an expert declined, or was about to.</summary>
internal sealed record Decline(string OfferId, string ExpertId, string Reason)
{
    public bool IsAcknowledged { get; set; }
}

/// <summary>A matter that a supervisor gave to another expert.</summary>
/// <param name="OfferId">By which the platform tells of it.</param>
/// <param name="IsFree">Whether the room that it took of its former expert was seen to be free again.</param>
internal sealed record Reassignment(string OfferId, string FromExpertId, string ToExpertId, bool IsFree);

internal sealed class ConversationRecord(string id, PublicApi api)
{
    /// <summary>The <see cref="Stage"/> of a customer who wants nothing more.</summary>
    public const string Served = "is served";

    private Course? declined;

    public string Id { get; } = id;

    /// <summary>With the conversation's own token.</summary>
    public PublicApi Api { get; } = api;

    /// <summary>Customer messages that were acknowledged: sequence and text.</summary>
    public List<(int Sequence, string Text)> Said { get; } = [];

    /// <summary>How many of them were questions to the assistant.</summary>
    public int Asked { get; set; }

    /// <summary>What the customer does now, for the report of one who waits in vain.</summary>
    public string Stage { get; set; } = "opened the conversation";

    /// <summary>Null where the customer wants nobody.</summary>
    public string? TicketId { get; set; }

    /// <summary>What becomes of the matter each time that it comes up; when the customer is served it was resolved as often.</summary>
    public IReadOnlyList<Course> Courses { get; private set; } = [];

    public int Rounds => Courses.Count;

    public List<Decline> Declines { get; } = [];

    public List<Reassignment> Reassignments { get; } = [];

    public void ComesUp(Course course) => Courses = [.. Courses, course];

    /// <summary>Whether whoever is asked now has to decline: once each time that the matter comes up.</summary>
    public bool IsToBeDeclined() => Courses[^1] is { IsDeclined: true } now && !ReferenceEquals(Interlocked.Exchange(ref declined, now), now);

    /// <summary>The offer was over before it was declined; whoever is asked next has to.</summary>
    public void WasNotDeclined() => declined = null;
}
