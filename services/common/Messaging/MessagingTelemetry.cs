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

    public static readonly Counter<long> Delivered = Meter.CreateCounter<long>("relais.messaging.delivered", "{event}");

    public static readonly Counter<long> Failed = Meter.CreateCounter<long>("relais.messaging.failed", "{attempt}");

    public static readonly Counter<long> Dead = Meter.CreateCounter<long>("relais.messaging.dead_lettered", "{event}");
}
