using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Relais.Common.Data;
using Relais.Common.Hosting;
using Relais.Common.Messaging.RabbitMq;

namespace Relais.Common.Coordination;

public static class CoordinationExtensions
{
    /// <summary>Leases in the service's database, whose model has <see cref="LeaseRow"/>.</summary>
    public static void AddLeases<TDb>(this WebApplicationBuilder builder) where TDb : ServiceDb
    {
        builder.Services.AddSingleton<Leases<TDb>>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Leases<TDb>>());
    }

    /// <summary>
    /// Signals, rate windows and the shared cache: between the replicas of all targets through the Redis that
    /// <c>ConnectionStrings:redis</c> names, within this process where it names none.
    /// </summary>
    internal static void AddCoordination(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton<TimeProvider>(StorableClock.Instance);
        builder.AddTargetOptions<CoordinationOptions>();
        builder.Services.AddSingleton<LongPoll>();
        builder.Services.AddSingleton(provider => new LocalSignals(
            MayHaveReplicas(provider) ? provider.GetRequiredService<CoordinationOptions>().RecheckAlone : Timeout.InfiniteTimeSpan));
        builder.Services.AddSingleton<LocalRateWindow>();
        if (builder.Configuration.GetConnectionString("redis") is not { Length: > 0 } redis)
        {
            builder.Services.AddSingleton<ISignals>(provider => provider.GetRequiredService<LocalSignals>());
            builder.Services.AddSingleton<IRateWindow>(provider => provider.GetRequiredService<LocalRateWindow>());
            builder.Services.AddSingleton<ISharedCache, LocalCache>();
            return;
        }

        if (RedisLink.Problem(redis) is { } problem)
            ConfigurationReport.Of(builder).Add("ConnectionStrings:redis", problem);
        builder.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RedisLink>(provider, redis));
        builder.Services.AddHostedService(provider => provider.GetRequiredService<RedisLink>());
        builder.Services.AddSingleton<ISignals, RedisSignals>();
        builder.Services.AddSingleton<IRateWindow, RedisRateWindow>();
        builder.Services.AddSingleton<ISharedCache, RedisCache>();
    }

    // What replicas share besides Redis; SQLite and the dispatcher have one process.
    private static bool MayHaveReplicas(IServiceProvider provider) =>
        provider.GetService<BrokerAddress>() is not null || provider.GetService<DatabaseConnection>() is { Kind: DatabaseKind.Postgres };
}
