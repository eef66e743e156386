using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Whether the broker can be reached, told once when it changes. A target without it still takes work, since the outbox
/// keeps the events: it is degraded, not unready.
/// </summary>
internal sealed partial class BrokerState(TimeProvider clock, ILogger<BrokerState> log) : IHealthCheck
{
    private readonly Lock changing = new();
    private DateTimeOffset? awaySince;
    private bool everReached;

    /// <summary>Since when it is away; null while it can be reached.</summary>
    public DateTimeOffset? AwaySince
    {
        get
        {
            lock (changing)
                return awaySince;
        }
    }

    public void Reached()
    {
        lock (changing)
        {
            if (awaySince is { } since)
                LogBack((clock.GetUtcNow() - since).TotalSeconds);
            else if (!everReached)
                LogReached();
            awaySince = null;
            everReached = true;
        }
    }

    public void Lost(Exception failure)
    {
        lock (changing)
        {
            if (awaySince is not null)
                return;
            awaySince = clock.GetUtcNow();
            LogAway(failure.GetBaseException().Message);
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (changing)
        {
            return Task.FromResult(
                awaySince is { } since ? HealthCheckResult.Degraded($"RabbitMQ is away since {since:O}; events wait in the outbox")
                : everReached ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("RabbitMQ was not reached yet; events wait in the outbox"));
        }
    }

    [LoggerMessage(EventId = 1120, EventName = "broker_reached", Level = LogLevel.Information, Message = "RabbitMQ takes and brings events")]
    private partial void LogReached();

    [LoggerMessage(EventId = 1121, EventName = "broker_away", Level = LogLevel.Warning, Message = "RabbitMQ is away: {Reason}. Events wait in the outbox")]
    private partial void LogAway(string reason);

    [LoggerMessage(EventId = 1122, EventName = "broker_back", Level = LogLevel.Information, Message = "RabbitMQ is back after {Seconds:0.0} s")]
    private partial void LogBack(double seconds);
}
