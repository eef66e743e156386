using Relais.Common.Hosting;

namespace Relais.Common.Messaging;

/// <summary>How events are relayed and kept.</summary>
public sealed class MessagingOptions : ITargetOptions
{
    public static string Section => "Messaging";

    /// <summary>Events of different keys under way at once.</summary>
    public int Concurrency { get; set; } = 16;

    /// <summary>Events of different keys that the consumers of a target work on at once, behind a broker.</summary>
    public int ConsumerConcurrency { get; set; } = 16;

    /// <summary>
    /// Messages that the broker sends ahead. More of them behind one event that keeps failing hold up less of the rest;
    /// they are what a replica that ends gives back.
    /// </summary>
    public int Prefetch { get; set; } = 200;

    /// <summary>The longest pause while what every event needs is away: the broker, a database, another service.</summary>
    public TimeSpan LongestOutagePause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the outbox is searched for rows that nobody handed over.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Rows one search takes; where replicas share the outbox, also how many a relay keeps in memory before it leaves those
    /// that are committed to later searches.
    /// </summary>
    public int SweepSize { get; set; } = 5_000;

    /// <summary>How long marks of delivered rows are gathered before they are saved.</summary>
    public TimeSpan MarkInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Deliveries tried before an event is given up for an operator to look at.</summary>
    public int MostAttempts { get; set; } = 12;

    public TimeSpan LongestBackoff { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long delivered events, dealt-with message ids and answered request ids are kept.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    public IEnumerable<string> Problems()
    {
        if (Concurrency is < 1 or > 1_000)
            yield return $"{nameof(Concurrency)} must be from 1 to 1000.";
        if (ConsumerConcurrency is < 1 or > 1_000)
            yield return $"{nameof(ConsumerConcurrency)} must be from 1 to 1000.";
        if (Prefetch < ConsumerConcurrency || Prefetch > 10_000)
            yield return $"{nameof(Prefetch)} must be from {nameof(ConsumerConcurrency)} to 10000.";
        if (LongestOutagePause < TimeSpan.FromMilliseconds(100))
            yield return $"{nameof(LongestOutagePause)} must be at least 100 ms.";
        if (SweepInterval < TimeSpan.FromMilliseconds(100))
            yield return $"{nameof(SweepInterval)} must be at least 100 ms.";
        if (SweepSize < 1)
            yield return $"{nameof(SweepSize)} must be at least 1.";
        if (MarkInterval < TimeSpan.Zero || MarkInterval > TimeSpan.FromSeconds(5))
            yield return $"{nameof(MarkInterval)} must be from 0 to 5 s.";
        if (MostAttempts < 1)
            yield return $"{nameof(MostAttempts)} must be at least 1.";
        if (LongestBackoff <= TimeSpan.Zero)
            yield return $"{nameof(LongestBackoff)} must be more than 0.";
        if (Retention < TimeSpan.FromHours(1))
            yield return $"{nameof(Retention)} must be at least an hour: shorter, a repeated message could count twice.";
    }
}
