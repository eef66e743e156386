using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Routing.Features;

namespace Relais.Routing.Shards;

/// <summary>Lets time pass for tenants whose moment has come: offers expire, waits relax, shifts begin.</summary>
internal sealed partial class ShardClock(ShardTable table, IServiceScopeFactory scopes, ILogger<ShardClock> log) : BackgroundService
{
    // A tenant whose turn takes long must not hold up the time of others.
    private const int AtOnce = 16;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                table.Due.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
                async (tenant, stop) => await TickAsync(tenant, stop));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains; the next start lets the time pass that went by.
        }
    }

    private async Task TickAsync(string tenant, CancellationToken stop)
    {
        try
        {
            await PassTime.ForTenantAsync(scopes, tenant, stop);
        }
        catch (ShardElsewhereException)
        {
            // The time passes where the shard's owner is.
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            // Whatever failed, the shard rings again in a moment; one tenant's trouble must not stop the others' time.
            LogFailed(tenant, failure);
        }
    }

    [LoggerMessage(EventId = 1501, EventName = "routing_clock_failed", Level = LogLevel.Error,
        Message = "Offers and waits of tenant {Tenant} could not be brought up to date; it will be tried again")]
    private partial void LogFailed(string tenant, Exception failure);
}
