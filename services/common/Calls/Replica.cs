using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Relais.Common.Calls;

/// <summary>
/// One address of a target and what is known of it. It is avoided from the moment when it refuses a connection, breaks one
/// off, or leaves calls unanswered and does not tell its health, until it says that it is well.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A token source without a timer or handle holds nothing, and calls that end late still look at it.")]
internal sealed partial class Replica(Uri address, string target, HttpMessageInvoker http, CallsOptions options, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // Answers of one kind in a row: a replica that cannot reach its database refuses everybody politely.
    private const int RefusalsUntilAvoided = 3;

    private readonly Lock one = new();
    private CancellationTokenSource abandon = new();
    private long lastSign = clock.GetTimestamp();
    private long firstUnanswered;
    private long avoidedSince;
    private int waiting;
    private int refusals;
    private bool isAvoided;
    private bool isWatched;
    private bool isRetired;

    public Uri Address => address;

    /// <summary>Whether it takes calls as far as anybody knows.</summary>
    public bool IsWell => !Volatile.Read(ref isAvoided);

    /// <summary>Not well for so long that calls had better fail at once than wait for their deadline.</summary>
    public bool IsGivenUp
    {
        get
        {
            lock (one)
                return isAvoided && clock.GetElapsedTime(avoidedSince) > options.OpenAfter;
        }
    }

    /// <summary>
    /// Cancelled when it turns out that it does not answer: calls had better be tried elsewhere. The next token stands for
    /// the next time that this turns out.
    /// </summary>
    public CancellationToken Abandoned
    {
        get
        {
            lock (one)
                return abandon.Token;
        }
    }

    /// <summary>A call is about to be sent.</summary>
    public void Begin()
    {
        lock (one)
        {
            waiting++;
            if (firstUnanswered <= lastSign)
                firstUnanswered = clock.GetTimestamp();
            Watch();
        }
    }

    /// <summary>A call got the beginning of an answer, or nothing.</summary>
    public void End()
    {
        lock (one)
            waiting--;
    }

    /// <summary>It answered a call.</summary>
    /// <param name="isUnavailable">By saying that it cannot serve now.</param>
    public void Answered(bool isUnavailable)
    {
        if (isUnavailable)
        {
            if (Interlocked.Increment(ref refusals) == RefusalsUntilAvoided)
                Avoid("refuses");
        }
        else if (refusals > 0)
        {
            refusals = 0;
        }

        lock (one)
            lastSign = clock.GetTimestamp();
    }

    /// <summary>Avoids it until it says that it is well.</summary>
    /// <param name="reason">One word for the metric.</param>
    public void Avoid(string reason)
    {
        lock (one)
        {
            if (isAvoided || isRetired)
                return;
            isAvoided = true;
            avoidedSince = clock.GetTimestamp();
            Watch();
        }

        CallsTelemetry.Ejections.Add(1, new KeyValuePair<string, object?>("relais.target", target), new KeyValuePair<string, object?>("reason", reason));
        LogAvoided(target, address, reason);
    }

    /// <summary>The target has this address no more.</summary>
    public void Retire()
    {
        lock (one)
            isRetired = true;
    }

    // One watch at a time, apart from the trace and the tenant of the call that begins it.
    private void Watch()
    {
        if (isWatched)
            return;
        isWatched = true;
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(WatchAsync);
    }

    // Watches while calls are under way or the replica is avoided, and ends by itself.
    private async Task WatchAsync()
    {
        var pause = options.ProbeInterval;
        while (true)
        {
            await Task.Delay(IsWell ? Tick : pause, clock);
            lock (one)
            {
                if (isRetired || (!isAvoided && waiting == 0))
                {
                    isWatched = false;
                    return;
                }
            }

            if (IsWell && !IsSilent())
                continue;
            if (await ProbeAsync())
            {
                Recover();
                pause = options.ProbeInterval;
                continue;
            }

            Avoid("silent");
            Abandon();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // A call that began after the last sign of life should have been answered; those from before it may wait on purpose.
    private bool IsSilent()
    {
        lock (one)
        {
            return (firstUnanswered > lastSign && clock.GetElapsedTime(firstUnanswered) >= options.Silence)
                || clock.GetElapsedTime(lastSign) >= options.LongSilence;
        }
    }

    private void Recover()
    {
        bool wasAvoided;
        lock (one)
        {
            wasAvoided = isAvoided;
            isAvoided = false;
            lastSign = clock.GetTimestamp();
        }

        refusals = 0;
        if (wasAvoided)
            LogBack(target, address);
    }

    // Calls that may be repeated go elsewhere; ReplicaHandler decides which.
    private void Abandon()
    {
        CancellationTokenSource abandoned;
        lock (one)
            (abandoned, abandon) = (abandon, new CancellationTokenSource());
        abandoned.Cancel();
    }

    // grpc.health.v1, with the bare protocol: an empty HealthCheckRequest; field 1 of the answer is 1 when it is SERVING.
    private async Task<bool> ProbeAsync()
    {
        using var patience = new CancellationTokenSource(options.ProbeTimeout, clock);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        try
        {
            using var response = await http.SendAsync(request, patience.Token);
            var body = await response.Content.ReadAsByteArrayAsync(patience.Token);
            // Whoever answers without knowing the method is there too.
            return body.Length == 0 ? !ReplicaHandler.IsUnavailable(response) : body is [0, 0, 0, 0, 2, 8, 1];
        }
        catch (Exception silent) when (silent is HttpRequestException or IOException or OperationCanceledException)
        {
            // Nobody there, or nobody who answers.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, EventName = "replica_avoided", Message = "{Target} at {Address} is avoided: {Reason}")]
    private partial void LogAvoided(string target, Uri address, string reason);

    [LoggerMessage(Level = LogLevel.Information, EventName = "replica_back", Message = "{Target} at {Address} is back")]
    private partial void LogBack(string target, Uri address);
}
