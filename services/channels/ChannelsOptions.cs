using Relais.Common.Hosting;

namespace Relais.Channels;

/// <summary>How conversations and the assistant behave.</summary>
internal sealed class ChannelsOptions : ITargetOptions
{
    public static string Section => "Channels";

    /// <summary>After so many questions in a row that it could not answer, the assistant hands over; 0 leaves it to the customer.</summary>
    public int RefusalsBeforeHandOver { get; set; } = 2;

    /// <summary>How long one search in the knowledge base may take.</summary>
    public TimeSpan SearchDeadline { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>While the knowledge base is away, the customer waits so long before the assistant says so.</summary>
    public TimeSpan SearchPatience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long asking for a person waits for the ticket to exist before it answers.</summary>
    public TimeSpan TicketPatience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a repeated opening gets its conversation again. Opening is anonymous: later, somebody else could have come
    /// upon the same request id.
    /// </summary>
    public TimeSpan OpeningRepeatable { get; set; } = TimeSpan.FromHours(1);

    public IEnumerable<string> Problems()
    {
        if (RefusalsBeforeHandOver < 0)
            yield return $"{nameof(RefusalsBeforeHandOver)} must be 0 or more.";
        if (SearchDeadline <= TimeSpan.Zero)
            yield return $"{nameof(SearchDeadline)} must be more than 0.";
        if (SearchPatience < TimeSpan.Zero)
            yield return $"{nameof(SearchPatience)} must be 0 or more.";
        if (TicketPatience < TimeSpan.Zero || TicketPatience > TimeSpan.FromSeconds(30))
            yield return $"{nameof(TicketPatience)} must be from 0 to 30 s.";
        if (OpeningRepeatable < TimeSpan.Zero)
            yield return $"{nameof(OpeningRepeatable)} must be 0 or more.";
    }
}
