using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Common.Messaging.RabbitMq;

namespace Relais.Common.Messaging;

internal static class TransportExtensions
{
    /// <summary>
    /// What carries the events of a target that sends or takes any: RabbitMQ where <c>ConnectionStrings:rabbitmq</c> names
    /// one, else the dispatcher of the process. It goes before the target's own services, which begin at
    /// <paramref name="position"/>, so that consumers start before and end after what they publish.
    /// </summary>
    public static void AddEventTransport(this WebApplicationBuilder builder, LocalDispatcher? dispatcher, int position)
    {
        if (builder.Services.All(service => service.ServiceType != typeof(OutboxQueue) && service.ServiceType != typeof(Subscription)))
            return;
        var report = ConfigurationReport.Of(builder);
        var transport = new ServiceCollection();
        try
        {
            if (BrokerAddress.Read(builder.Configuration) is { } address)
            {
                AddRabbitMq(transport, address);
                builder.Services.AddHealthChecks().AddCheck<BrokerState>("broker", tags: [Health.ReadyTag]);
            }
            else if (dispatcher is not null)
            {
                transport.AddSingleton<IEventTransport>(dispatcher);
            }
            else
            {
                report.Add(BrokerAddress.Setting, "is missing. A target in a process of its own needs a broker: amqp://user:password@host:5672/.");
            }
        }
        catch (FormatException problem)
        {
            report.Add(BrokerAddress.Setting, problem.Message);
        }

        foreach (var service in transport)
            builder.Services.Insert(position++, service);
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
    }
}
