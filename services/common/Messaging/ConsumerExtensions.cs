using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Common.Security;
using Relais.Contracts;

namespace Relais.Common.Messaging;

public static class ConsumerExtensions
{
    /// <summary>Has <typeparamref name="TConsumer"/> called for each <typeparamref name="TEvent"/>, whichever transport carries it.</summary>
    public static void AddEventConsumer<TConsumer, TEvent>(this WebApplicationBuilder builder)
        where TConsumer : EventConsumer<TEvent>
        where TEvent : class, IEvent
    {
        builder.Services.AddScoped<TConsumer>();
        builder.Services.AddSingleton(provider =>
        {
            var name = $"{provider.GetRequiredService<TargetIdentity>().Name}/{typeof(TConsumer).Name}";
            var scopes = provider.GetRequiredService<IServiceScopeFactory>();
            return new Subscription(name, TEvent.WireName, (envelope, cancellationToken) => DeliverAsync(scopes, name, envelope, cancellationToken));
        });

        static async Task DeliverAsync(IServiceScopeFactory scopes, string name, EventEnvelope envelope, CancellationToken cancellationToken)
        {
            using var activity = MessagingTelemetry.Source.StartActivity($"process {name}", ActivityKind.Consumer, envelope.TraceParent);
            activity?.SetTag("messaging.message.id", envelope.MessageId).SetTag("messaging.destination.name", envelope.Name);
            AmbientTenant.Current = envelope.TenantId;
            await using var scope = scopes.CreateAsyncScope();
            var consumer = scope.ServiceProvider.GetRequiredService<TConsumer>();
            var @event = (TEvent)EventCatalogue.Deserialize(envelope.Name, envelope.Payload);
            await consumer.ReceiveAsync(new Delivery(envelope.MessageId, envelope.TenantId), @event, cancellationToken);
        }
    }
}
