using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Coordination;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Routing.Data;
using Relais.Routing.Features;

namespace Relais.Routing.Shards;

/// <summary>Takes shards whose owner is gone, and hands over those of this replica when it drains.</summary>
internal sealed partial class ShardKeeper(
    ShardOwnership ownership, ShardTable table, Func<RoutingDb> open, IServiceScopeFactory scopes, CoordinationOptions options, TargetIdentity target,
    ISignals signals, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ShardKeeper> log) : BackgroundService
{
    // An owner whose lease has just run out by this clock may have a moment by the database's.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(5);

    private Task _handedOver = Task.CompletedTask;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => _handedOver = Task.Run(table.GiveBackAsync));
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _handedOver.WaitAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!ownership.IsShared)
            return;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        using var watch = signals.Watch(ShardOwnership.Topic);
        try
        {
            await target.Address.WaitAsync(end.Token);
            while (!await TryAsync(() => TakeUnownedAsync(end.Token), end.Token))
                await Task.Delay(options.LeaseDuration / 4, clock, end.Token);
            while (true)
                await WaitAsync(watch, await LookAsync(end.Token), end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The process drains.
        }
    }

    private async Task<TimeSpan> LookAsync(CancellationToken stop)
    {
        var next = options.LeaseDuration / 4;
        await TryAsync(async () =>
        {
            var (free, runsOut) = await ownership.LookAsync(stop);
            if (runsOut + Grace < next)
                next = runsOut.GetValueOrDefault() + Grace;
            await Task.WhenAll(free.Select(tenant => TakeAsync(tenant, stop)));
        }, stop);
        return next;
    }

    // Tenants whose shard nobody has owned yet; those that come later are taken with their first work.
    private async Task TakeUnownedAsync(CancellationToken stop)
    {
        List<string> tenants;
        await using (var db = open())
            tenants = await db.Experts.IgnoreQueryFilters().Select(row => row.TenantId).Distinct().ToListAsync(stop);
        await ownership.LookAsync(stop);
        await Task.WhenAll(tenants.Select(tenant => TakeAsync(tenant, stop)));
    }

    private Task<bool> TakeAsync(string tenant, CancellationToken stop) => TryAsync(() => PassTime.ForTenantAsync(scopes, tenant, stop), stop);

    private async Task<bool> TryAsync(Func<Task> work, CancellationToken stop)
    {
        try
        {
            await work();
            return true;
        }
        catch (ShardElsewhereException)
        {
            // Somebody was faster.
            return true;
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            // The database is away, or something is wrong with one tenant's data; the others must not wait for it.
            LogFailed(failure);
            return false;
        }
    }

    private async Task WaitAsync(ISignalWatch watch, TimeSpan longest, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, time.Token);
        try
        {
            await watch.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // Time to look.
        }
    }

    [LoggerMessage(EventId = 1502, EventName = "routing_takeover_failed", Level = LogLevel.Error, Message = "A shard without an owner could not be taken over; it will be tried again")]
    private partial void LogFailed(Exception failure);
}
