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
        where TEvent : class, IEvent => Add<TConsumer, TEvent>(builder, everyReplica: false);

    /// <summary>
    /// Has <typeparamref name="TConsumer"/> called in each replica, for effects in memory that repeating does not change.
    /// The target adds a <see cref="ReplicaResync"/> beside it.
    /// </summary>
    public static void AddReplicaConsumer<TConsumer, TEvent>(this WebApplicationBuilder builder)
        where TConsumer : EventConsumer<TEvent>
        where TEvent : class, IEvent => Add<TConsumer, TEvent>(builder, everyReplica: true);

    private static void Add<TConsumer, TEvent>(WebApplicationBuilder builder, bool everyReplica)
        where TConsumer : EventConsumer<TEvent>
        where TEvent : class, IEvent
    {
        builder.Services.AddScoped<TConsumer>();
        builder.Services.AddSingleton(provider =>
        {
            var name = $"{provider.GetRequiredService<TargetIdentity>().Name}/{typeof(TConsumer).Name}";
            var scopes = provider.GetRequiredService<IServiceScopeFactory>();
            return new Subscription(name, TEvent.WireName, (envelope, cancellationToken) => DeliverAsync(scopes, name, envelope, cancellationToken), everyReplica);
        });

        static async Task DeliverAsync(IServiceScopeFactory scopes, string name, EventEnvelope envelope, CancellationToken cancellationToken)
        {
            var started = Stopwatch.GetTimestamp();
            var outcome = "failed";
            try
            {
                await ConsumeAsync(scopes, name, envelope, cancellationToken);
                outcome = "done";
            }
            finally
            {
                var consumer = new KeyValuePair<string, object?>("consumer", name);
                MessagingTelemetry.ConsumeDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, consumer, new("outcome", outcome));
                if (outcome == "failed")
                    MessagingTelemetry.ConsumerFailed.Add(1, consumer);
            }
        }

        static async Task ConsumeAsync(IServiceScopeFactory scopes, string name, EventEnvelope envelope, CancellationToken cancellationToken)
        {
            // Remote, so that what is not recorded is carried on all the same.
            _ = ActivityContext.TryParse(envelope.TraceParent, null, isRemote: true, out var trace);
            using var activity = MessagingTelemetry.Source.StartActivity($"process {name}", ActivityKind.Consumer, trace);
            activity?.SetTag("messaging.message.id", envelope.MessageId).SetTag("messaging.destination.name", envelope.Name);
            AmbientTenant.Current = envelope.TenantId;
            await using var scope = scopes.CreateAsyncScope();
            var consumer = scope.ServiceProvider.GetRequiredService<TConsumer>();
            var @event = (TEvent)EventCatalogue.Deserialize(envelope.Name, envelope.Payload);
            await consumer.ReceiveAsync(new Delivery(envelope.MessageId, envelope.TenantId), @event, cancellationToken);
        }
    }
}
