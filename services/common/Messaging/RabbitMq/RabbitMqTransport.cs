using System.Collections.Concurrent;
using System.Globalization;
using MassTransit;
using MassTransit.RabbitMqTransport;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relais.Common.Hosting;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// Events through RabbitMQ, by MassTransit. The target starts whether the broker is there or not: until it is, events stay
/// in the outbox.
/// </summary>
internal sealed partial class RabbitMqTransport(
    BrokerAddress address, TargetIdentity target, BrokerState state, MessagingOptions options, IEnumerable<ReplicaResync> resyncs,
    TimeProvider clock, ILoggerFactory logs) : IEventTransport, IHostedService, IAsyncDisposable
{
    /// <summary>What a publisher waits for a confirm before the broker counts as away.</summary>
    private static readonly TimeSpan LongestConfirm = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Acknowledging = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(3);

    private readonly ILogger log = logs.CreateLogger<RabbitMqTransport>();
    private readonly List<Subscription> subscriptions = [];
    private readonly ConcurrentDictionary<string, Task<ISendEndpoint>> endpoints = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stop = new();
    private readonly List<EventReceiver> receivers = [];
    private Task running = Task.CompletedTask;
    private volatile IBusControl? bus;

    public void Subscribe(Subscription subscription) => subscriptions.Add(subscription);

    public Task PublishAsync(EventEnvelope envelope, CancellationToken cancellationToken) =>
        SendAsync(envelope.Name, envelope, _ => { }, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = RunAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await running;
        await Task.WhenAll(receivers.Select(receiver => receiver.DrainAsync(LongestDrain)));
        if (bus is { } open)
        {
            // What was just dealt with is acknowledged by then; if not, it comes again and has no effect.
            await Task.Delay(Acknowledging, clock, CancellationToken.None);
            var closing = Task.WhenAll(receivers.Select(receiver => receiver.CloseAsync()));
            using var patience = new CancellationTokenSource(LongestFarewell);
            try
            {
                await open.StopAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // The broker does not answer; the end of the process closes the connection.
            }

            await closing;
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var receiver in receivers)
            receiver.Dispose();
        stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RunAsync()
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await DeclareAsync(stop.Token);
                var created = CreateBus();
                // It connects, and connects again, by itself; this completes when its queues are there.
                _ = created.StartAsync(CancellationToken.None);
                bus = created;
                state.Reached();
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The broker is not there, or not ready, or refuses: all that can be done is to try again.
                state.Lost(failure);
            }

            try
            {
                await Task.Delay(Retries.Backoff(failures, options.LongestOutagePause), clock, stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task DeclareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await address.OpenAsync($"{target.Name} declares", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await EventTopology.DeclarePublisherAsync(channel, target.Name, options.DeliveryLimit, cancellationToken);
        var durable = subscriptions.Where(subscription => !subscription.EveryReplica).Select(subscription => subscription.EventName).Distinct().ToList();
        if (durable.Count > 0)
            await EventTopology.DeclareAsync(channel, target.Name, durable, options.DeliveryLimit, cancellationToken);
    }

    private IBusControl CreateBus()
    {
        LogContext.ConfigureCurrentLogContext(logs);
        receivers.Clear();
        return Bus.Factory.CreateUsingRabbitMq(configure =>
        {
            configure.Host(address.Host, address.Port, address.VirtualHost, target.Name, host =>
            {
                host.Username(address.User);
                host.Password(address.Password);
                host.Heartbeat(BrokerAddress.HeartbeatInterval);
                host.PublisherConfirmation = true;
                if (address.IsSecure)
                    host.UseSsl(ssl => ssl.ServerName = address.Host);
            });
            var wire = new EventWire();
            configure.ClearSerialization();
            configure.AddSerializer(wire);
            configure.AddDeserializer(wire, isDefault: true);
            // What cannot even be read goes where the rest of the dead letters is.
            configure.SendTopology.ErrorQueueNameFormatter = new DeadQueueName();
            configure.SendTopology.ConfigureErrorSettings = settings => settings.SetQuorumQueue();
            AddQueue(configure);
            AddReplicaQueue(configure);
        });
    }

    private void AddQueue(IRabbitMqBusFactoryConfigurator configure)
    {
        if (Receiver(subscription => !subscription.EveryReplica, PutAsideAsync) is not { } receiver)
            return;
        configure.ReceiveEndpoint(EventTopology.QueueOf(target.Name), endpoint =>
        {
            foreach (var (name, value) in EventTopology.QueueArguments(target.Name, options.DeliveryLimit))
                endpoint.SetQueueArgument(name, value);
            Receive(endpoint, receiver);
            endpoint.ConnectReceiveEndpointObserver(new Observer(state, () => Task.CompletedTask));
        });
    }

    private void AddReplicaQueue(IRabbitMqBusFactoryConfigurator configure)
    {
        if (Receiver(subscription => subscription.EveryReplica, (_, _) => Task.CompletedTask) is not { } receiver)
            return;
        configure.ReceiveEndpoint(string.Create(CultureInfo.InvariantCulture, $"{EventTopology.QueueOf(target.Name)}.{Guid.NewGuid():N}"), endpoint =>
        {
            endpoint.Durable = false;
            endpoint.AutoDelete = true;
            endpoint.Exclusive = true;
            Receive(endpoint, receiver);
            endpoint.ConnectReceiveEndpointObserver(new Observer(state, ResyncAsync));
        });
    }

    private void Receive(IRabbitMqReceiveEndpointConfigurator endpoint, EventReceiver receiver)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PublishFaults = false;
        endpoint.PrefetchCount = options.Prefetch;
        foreach (var name in receiver.EventNames)
            endpoint.Bind(name);
        endpoint.Handler<ReceivedEvent>(context =>
        {
            var received = context.ReceiveContext;
            return receiver.ReceiveAsync(
                received.GetPayload<ChannelContext>().Channel, received.GetPayload<RabbitMqBasicConsumeContext>().DeliveryTag, context.Message);
        });
    }

    private EventReceiver? Receiver(Func<Subscription, bool> kind, Func<GivenUpEvent, CancellationToken, Task> putAside)
    {
        var wanted = subscriptions.Where(kind).ToList();
        if (wanted.Count == 0)
            return null;
        var receiver = new EventReceiver(wanted, options, putAside, clock, log);
        receivers.Add(receiver);
        return receiver;
    }

    private Task PutAsideAsync(GivenUpEvent givenUp, CancellationToken cancellationToken) =>
        SendAsync(EventTopology.DeadQueueOf(target.Name), givenUp.Envelope, context => DeadLetterHeaders.Set(context, givenUp), cancellationToken);

    private async Task ResyncAsync()
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                foreach (var resync in resyncs)
                    await resync.RunAsync(stop.Token);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Until it succeeds this replica may show what is no longer so.
                LogResyncFailed(failure);
            }

            await Task.Delay(Retries.Backoff(failures, options.LongestOutagePause), clock, CancellationToken.None);
        }
    }

    private async Task SendAsync(string exchange, EventEnvelope envelope, Action<SendContext> more, CancellationToken cancellationToken)
    {
        var open = bus ?? throw new TransportAwayException("RabbitMQ was not reached yet.", null);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestConfirm);
        try
        {
            var endpoint = await endpoints.GetOrAdd(exchange, name => open.GetSendEndpoint(new Uri($"exchange:{name}"))).WaitAsync(patience.Token);
            await endpoint.Send(envelope, new Headers(envelope, more), patience.Token);
            state.Reached();
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw Lost(new TransportAwayException($"RabbitMQ did not confirm within {LongestConfirm.TotalSeconds:0} s.", late));
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Not one of these is about the event: the connection or channel is gone, or the broker refuses.
            throw Lost(new TransportAwayException($"RabbitMQ did not take the event: {failure.GetBaseException().Message}", failure));
        }
    }

    private TransportAwayException Lost(TransportAwayException failure)
    {
        state.Lost(failure);
        return failure;
    }

    [LoggerMessage(EventId = 1123, EventName = "replica_resync_failed", Level = LogLevel.Warning,
        Message = "What this replica keeps in memory could not be compared with the database; it will be tried again")]
    private partial void LogResyncFailed(Exception failure);

    private sealed class Headers(EventEnvelope envelope, Action<SendContext> more) : IPipe<SendContext<EventEnvelope>>
    {
        public Task Send(SendContext<EventEnvelope> context)
        {
            EventWire.SetHeaders(context, envelope);
            more(context);
            return Task.CompletedTask;
        }

        public void Probe(ProbeContext context) => context.CreateScope("relais-headers");
    }

    private sealed class DeadQueueName : IErrorQueueNameFormatter
    {
        public string FormatErrorQueueName(string queueName) => queueName + EventTopology.DeadSuffix;
    }

    private sealed class Observer(BrokerState state, Func<Task> ready) : IReceiveEndpointObserver
    {
        public Task Ready(ReceiveEndpointReady endpoint)
        {
            state.Reached();
            // The endpoint takes messages only when its observers are done, and a resync must not miss any.
            _ = Task.Run(ready);
            return Task.CompletedTask;
        }

        public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

        public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

        public Task Faulted(ReceiveEndpointFaulted faulted)
        {
            state.Lost(faulted.Exception ?? new TransportAwayException("The queue cannot be consumed.", null));
            return Task.CompletedTask;
        }
    }
}
