using System.Diagnostics;

namespace Relais.Common.Messaging;

/// <summary>
/// The trace to which an event belongs. What happens to a matter, be it by the request of an expert or at an alarm, is
/// told in the matter's own trace, so that one trace shows it from the customer's first message to their survey.
/// </summary>
internal static class EventTrace
{
    /// <summary>Notes as a span that an event has come about; where it comes from another trace, each is linked to the other.</summary>
    /// <param name="key">The conversation or ticket by which the trace is found.</param>
    /// <param name="cause">What it comes from; null where nobody asked for it.</param>
    /// <param name="matter">The matter's trace (W3C traceparent); null for an event of no matter, and where none was stored.</param>
    /// <returns>What the event carries (W3C traceparent): the span, or what it would have continued where nobody records.</returns>
    public static string? Continue(string eventName, string key, Activity? cause, string? matter)
    {
        var leads = ActivityContext.TryParse(matter, null, isRemote: true, out var parent) && parent.TraceId != cause?.TraceId;
        var continued = leads ? matter : cause?.Id;
        if (!MessagingTelemetry.Source.HasListeners())
            return continued;
        if (!leads)
            parent = cause?.Context ?? default;
        using var created = MessagingTelemetry.Source.StartActivity(
            $"create {eventName}", ActivityKind.Producer, parent, links: leads && cause is not null ? [new ActivityLink(cause.Context)] : null);
        created?.SetTag("messaging.destination.name", eventName).SetTag("messaging.message.conversation_id", key);
        if (leads && created is { Recorded: true })
            cause?.AddLink(new ActivityLink(created.Context));
        return created?.Id ?? continued;
    }
}
