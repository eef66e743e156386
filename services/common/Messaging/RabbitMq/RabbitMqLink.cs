using System.Globalization;
using MassTransit;
using MassTransit.RabbitMqTransport;
using Microsoft.Extensions.Logging;

namespace Relais.Common.Messaging.RabbitMq;

/// <summary>
/// A bus of MassTransit, from its making until it breaks. MassTransit connects again by itself, but not always, and after a
/// long outage only a minute later; so a broken link is thrown away and replaced.
/// </summary>
internal sealed class RabbitMqLink
{
    /// <summary>What a publisher waits for a confirm.</summary>
    private static readonly TimeSpan LongestConfirm = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<ConsumedQueue> queues;
    private readonly MessagingOptions options;
    private readonly BrokerState state;
    private readonly TimeProvider clock;
    private readonly IBusControl bus;
    private long lastUse;

    public RabbitMqLink(
        BrokerAddress address, string target, IReadOnlyList<ConsumedQueue> queues, MessagingOptions options, BrokerState state, TimeProvider clock,
        ILoggerFactory logs)
    {
        (this.queues, this.options, this.state, this.clock) = (queues, options, state, clock);
        LogContext.ConfigureCurrentLogContext(logs);
        bus = Bus.Factory.CreateUsingRabbitMq(configure =>
        {
            configure.Host(address.Host, address.Port, address.VirtualHost, target, host =>
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
            foreach (var queue in queues)
                configure.ReceiveEndpoint(NameOf(queue, target), endpoint => Receive(endpoint, queue, target));
        });
        // This completes when its queues are consumed; who waits for that has an observer.
        _ = bus.StartAsync(CancellationToken.None);
        state.Reached();
    }

    /// <summary>Completes when nothing more is to be expected of it.</summary>
    public Task Broken => broken.Task;

    /// <summary>Whether an event was confirmed or a queue consumed.</summary>
    public bool WasOfUse => Volatile.Read(ref lastUse) != 0;

    /// <summary>Sends an event and waits until the broker has confirmed it.</summary>
    /// <exception cref="TransportAwayException">The broker did not confirm it.</exception>
    public async Task SendAsync(string exchange, EventEnvelope envelope, Action<SendContext> more, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestConfirm);
        try
        {
            var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{exchange}")).WaitAsync(patience.Token);
            await endpoint.Send(envelope, new Headers(envelope, more), patience.Token).WaitAsync(patience.Token);
            Used();
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotTaken(new TransportAwayException($"RabbitMQ did not confirm within {LongestConfirm.TotalSeconds:0} s.", late));
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Not one of these is about the event: the connection or channel is gone, or the broker refuses.
            throw NotTaken(new TransportAwayException($"RabbitMQ did not take the event: {failure.GetBaseException().Message}", failure));
        }
    }

    /// <summary>Has it replaced.</summary>
    public void Break(Exception failure)
    {
        if (broken.TrySetResult())
            state.Lost(failure);
    }

    /// <summary>Gives back what was not dealt with and closes the connection; the broker may be away already.</summary>
    public async Task CloseAsync()
    {
        var closing = Task.WhenAll(queues.Select(queue => queue.Receiver.CloseAsync()));
        using var patience = new CancellationTokenSource(LongestFarewell);
        try
        {
            // Its token alone does not end it: it may wait for ever for deliveries that the client holds.
            await Task.WhenAll(closing, bus.StopAsync(patience.Token)).WaitAsync(LongestFarewell, clock);
        }
        catch (Exception failure) when (failure is OperationCanceledException or TimeoutException or ConnectionException)
        {
            // The broker does not answer; the end of the process closes the connection.
        }
    }

    // A connection that nobody closed may still hold the earlier queue of this replica.
    private static string NameOf(ConsumedQueue queue, string target) => queue.IsDurable
        ? EventTopology.QueueOf(target)
        : string.Create(CultureInfo.InvariantCulture, $"{EventTopology.QueueOf(target)}.{Guid.NewGuid():N}");

    private void Receive(IRabbitMqReceiveEndpointConfigurator endpoint, ConsumedQueue queue, string target)
    {
        if (queue.IsDurable)
        {
            foreach (var (name, value) in EventTopology.QueueArguments(target))
                endpoint.SetQueueArgument(name, value);
            // What cannot even be read goes back, until the broker has delivered it often enough to put it aside itself.
            endpoint.RethrowFaultedMessages();
        }
        else
        {
            // The target's own queue has it as well.
            endpoint.DiscardFaultedMessages();
            endpoint.Durable = false;
            endpoint.AutoDelete = true;
            endpoint.Exclusive = true;
        }

        endpoint.ConfigureConsumeTopology = false;
        endpoint.PublishFaults = false;
        endpoint.PrefetchCount = options.Prefetch;
        foreach (var name in queue.Receiver.EventNames)
            endpoint.Bind(name);
        endpoint.Handler<ReceivedEvent>(context =>
        {
            var received = context.ReceiveContext;
            return queue.Receiver.ReceiveAsync(
                received.GetPayload<ChannelContext>().Channel, received.GetPayload<RabbitMqBasicConsumeContext>().DeliveryTag, context.Message);
        });
        endpoint.ConnectReceiveEndpointObserver(new Observer(this, queue.Ready));
    }

    private void Used()
    {
        Volatile.Write(ref lastUse, clock.GetTimestamp());
        state.Reached();
    }

    private TransportAwayException NotTaken(TransportAwayException failure)
    {
        // One event that was late says little; none confirmed in that time says that the link is no longer one.
        if (!WasOfUse || clock.GetElapsedTime(Volatile.Read(ref lastUse)) >= LongestConfirm)
            Break(failure);
        return failure;
    }

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

    private sealed class Observer(RabbitMqLink link, Func<Task> ready) : IReceiveEndpointObserver
    {
        public Task Ready(ReceiveEndpointReady endpoint)
        {
            link.Used();
            // The endpoint takes messages only when its observers are done, and a resync must not miss any.
            _ = Task.Run(ready);
            return Task.CompletedTask;
        }

        public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

        public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

        public Task Faulted(ReceiveEndpointFaulted faulted)
        {
            link.Break(faulted.Exception ?? new TransportAwayException("The queue cannot be consumed.", null));
            return Task.CompletedTask;
        }
    }
}

/// <summary>A queue that a target takes its events from.</summary>
/// <param name="IsDurable">The target's, shared by its replicas; else this replica's own, which ends with its connection.</param>
/// <param name="Ready">What is to be done once its events come.</param>
internal sealed record ConsumedQueue(bool IsDurable, EventReceiver Receiver, Func<Task> Ready);
