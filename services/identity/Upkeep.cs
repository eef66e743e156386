using Relais.Identity.Features;

namespace Relais.Identity;

/// <summary>Looks for keys that another replica rotated, rotates those that are due, and removes what has expired.</summary>
internal sealed partial class Upkeep(IServiceProvider services, TimeProvider clock, ILogger<Upkeep> log) : BackgroundService
{
    /// <summary>How long another replica may go on signing with a retired key.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RemovalInterval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        var removedAt = clock.GetUtcNow();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await services.AsPlatformAsync<RotateKeys>(keys => keys.RotateIfDueAsync(stoppingToken));
                    if (clock.GetUtcNow() - removedAt < RemovalInterval)
                        continue;
                    await services.AsPlatformAsync<RemoveExpired>(expired => expired.HandleAsync(stoppingToken));
                    removedAt = clock.GetUtcNow();
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    // The database may be away for a while; the keys in memory go on until it is back.
                    LogFailed(failure);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains.
        }
    }

    [LoggerMessage(2101, LogLevel.Error, "Keys could not be kept up; it will be tried again", EventName = "identity_upkeep_failed")]
    private partial void LogFailed(Exception failure);
}
