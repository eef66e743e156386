using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Common.Messaging.RabbitMq;

namespace Relais.Common.Messaging;

internal static class TransportExtensions
{
    /// <summary>
    /// RabbitMQ where <c>ConnectionStrings:rabbitmq</c> names one, else the dispatcher of the process. Called before the
    /// target registers its own services, so that consumers start before and end after what they publish.
    /// </summary>
    public static void AddEventTransport(this WebApplicationBuilder builder, LocalDispatcher? dispatcher)
    {
        try
        {
            if (BrokerAddress.Read(builder.Configuration) is { } address)
                AddRabbitMq(builder.Services, address);
            else if (dispatcher is not null)
                builder.Services.AddSingleton<IEventTransport>(dispatcher);
        }
        catch (FormatException problem)
        {
            ConfigurationReport.Of(builder).Add(BrokerAddress.Setting, problem.Message);
        }
    }

    /// <summary>A target that has events to send or to take, and nothing to carry them, is a problem to report.</summary>
    public static void RequireEventTransport(this WebApplicationBuilder builder)
    {
        var hasEvents = builder.Services.Any(service => service.ServiceType == typeof(OutboxQueue) || service.ServiceType == typeof(Subscription));
        var report = ConfigurationReport.Of(builder);
        if (hasEvents && builder.Services.All(service => service.ServiceType != typeof(IEventTransport))
            && !report.Lines.Any(line => line.StartsWith(BrokerAddress.Setting, StringComparison.Ordinal)))
        {
            report.Add(BrokerAddress.Setting, "is missing. A target in a process of its own needs a broker: amqp://user:password@host:5672/.");
        }
    }

    private static void AddRabbitMq(IServiceCollection services, BrokerAddress address)
    {
        services.AddSingleton(address);
        services.AddSingleton<BrokerState>();
        services.AddSingleton<RabbitMqTransport>();
        services.AddSingleton<IEventTransport>(provider => provider.GetRequiredService<RabbitMqTransport>());
        services.AddHostedService(provider => provider.GetRequiredService<RabbitMqTransport>());
        services.AddHostedService<QueueWatch>();
        services.AddSingleton<IDeadLetterStore, QueueDeadLetters>();
        services.AddHealthChecks().AddCheck<BrokerState>("broker", tags: [Health.ReadyTag]);
    }
}
