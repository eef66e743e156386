using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Whether the broker can be reached and has what is declared there, told once when it changes. A target without it still
/// takes work, since the outbox keeps the events: it is degraded, not unready.
/// </summary>
internal sealed partial class BrokerState(TimeProvider clock, ILogger<BrokerState> log) : IHealthCheck
{
    private readonly Lock changing = new();
    private DateTimeOffset? awaySince;
    private string? contradiction;
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
            contradiction = null;
            everReached = true;
        }
    }

    public void Lost(Exception failure)
    {
        lock (changing)
        {
            var (before, isNew) = (contradiction, awaySince is null);
            awaySince ??= clock.GetUtcNow();
            contradiction = ContradictionIn(failure);
            if (contradiction is not null && contradiction != before)
                LogContradicted(contradiction);
            else if (contradiction is null && (isNew || before is not null))
                LogAway(failure.GetBaseException().Message);
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (changing)
        {
            return Task.FromResult(
                contradiction is { } why ? HealthCheckResult.Degraded($"RabbitMQ holds a queue or an exchange with other settings than this version declares ({why}); events wait in the outbox")
                : awaySince is { } since ? HealthCheckResult.Degraded($"RabbitMQ is away since {since:O}; events wait in the outbox")
                : everReached ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("RabbitMQ was not reached yet; events wait in the outbox"));
        }
    }

    // Waiting does not help against that: somebody has to make the broker and the declaration agree.
    private static string? ContradictionIn(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is OperationInterruptedException { ShutdownReason: { ReplyCode: Constants.PreconditionFailed } reason })
                return reason.ReplyText;
        }

        return null;
    }

    [LoggerMessage(EventId = 1120, EventName = "broker_reached", Level = LogLevel.Information, Message = "RabbitMQ takes and brings events")]
    private partial void LogReached();

    [LoggerMessage(EventId = 1121, EventName = "broker_away", Level = LogLevel.Warning, Message = "RabbitMQ is away: {Reason}. Events wait in the outbox")]
    private partial void LogAway(string reason);

    [LoggerMessage(EventId = 1122, EventName = "broker_back", Level = LogLevel.Information, Message = "RabbitMQ is back after {Seconds:0.0} s")]
    private partial void LogBack(double seconds);

    [LoggerMessage(EventId = 1124, EventName = "broker_contradicts", Level = LogLevel.Error,
        Message = "RabbitMQ holds a queue or an exchange with other settings than this version declares: {Reason}. Events wait in the outbox until it is deleted; how to do that without losing any stands in docs/operations.md under RabbitMQ")]
    private partial void LogContradicted(string reason);
}
