using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Relais.Common.Messaging;

/// <summary>Traces and metrics of events, on OpenTelemetry's messaging conventions where they exist.</summary>
internal static class MessagingTelemetry
{
    public static readonly ActivitySource Source = new("Relais.Messaging");

    private static readonly Meter Meter = new("Relais.Messaging");

    /// <summary>From commit to the last subscriber's effect, or the broker's confirm.</summary>
    public static readonly Histogram<double> OutboxLag = Meter.CreateHistogram<double>("relais.messaging.outbox_lag", "s");

    /// <summary>From commit to the effect of every consumer of one target, through a broker.</summary>
    public static readonly Histogram<double> Hop = Meter.CreateHistogram<double>("relais.messaging.hop", "s");

    /// <summary>One consumer's work on one event, by its outcome.</summary>
    public static readonly Histogram<double> ConsumeDuration = Meter.CreateHistogram<double>("relais.messaging.consume_duration", "s");

    public static readonly Counter<long> ConsumerFailed = Meter.CreateCounter<long>("relais.messaging.consumer_failures", "{attempt}");

    /// <summary>Events that wait in a queue of the broker.</summary>
    public static readonly Gauge<long> QueueDepth = Meter.CreateGauge<long>("relais.messaging.queue_depth", "{event}");

    /// <summary>Replicas that consume a target's queue, or stand by to.</summary>
    public static readonly Gauge<long> QueueConsumers = Meter.CreateGauge<long>("relais.messaging.queue_consumers", "{consumer}");

    public static readonly Counter<long> Delivered = Meter.CreateCounter<long>("relais.messaging.delivered", "{event}");

    public static readonly Counter<long> Failed = Meter.CreateCounter<long>("relais.messaging.failed", "{attempt}");

    public static readonly Counter<long> Dead = Meter.CreateCounter<long>("relais.messaging.dead_lettered", "{event}");
}
