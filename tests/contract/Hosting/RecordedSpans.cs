using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;

namespace Relais.Contract.Hosting;

/// <summary>What a collector would see of the traces that a test began, and of no other test's.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private readonly ConcurrentDictionary<ActivityTraceId, ConcurrentQueue<Activity>> traces = new();
    private readonly ActivityListener listener;

    public RecordedSpans()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore" || source.Name.StartsWith("Relais.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => Sample(options.Parent),
            ActivityStarted = activity =>
            {
                if (activity.IsAllDataRequested && traces.TryGetValue(activity.TraceId, out var spans))
                    spans.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    /// <summary>A new trace, as a W3C traceparent.</summary>
    public string Begin(bool sampled = true)
    {
        var trace = ActivityTraceId.CreateRandom();
        traces[trace] = new ConcurrentQueue<Activity>();
        return $"00-{trace}-{ActivitySpanId.CreateRandom()}-{(sampled ? "01" : "00")}";
    }

    public static string TraceOf(string? traceParent) => ActivityContext.Parse(traceParent!, null).TraceId.ToHexString();

    /// <summary>Headers of a call that belongs to a trace.</summary>
    public static Metadata Headers(string traceParent) => new() { { "traceparent", traceParent } };

    public IReadOnlyList<Activity> Of(string traceParent) => [.. traces[ActivityContext.Parse(traceParent, null).TraceId]];

    /// <summary>The traces to which spans of this one are linked.</summary>
    /// <param name="name">Of which spans; null for all.</param>
    public IReadOnlyList<string> LinkedFrom(string traceParent, string? name = null) =>
    [
        .. Of(traceParent).Where(span => name is null || span.OperationName == name)
            .SelectMany(span => span.Links).Select(link => link.Context.TraceId.ToHexString()).Distinct(),
    ];

    public void Dispose() => listener.Dispose();

    // As the SDK's sampler that follows the parent does.
    private ActivitySamplingResult Sample(ActivityContext parent) =>
        !traces.ContainsKey(parent.TraceId) ? ActivitySamplingResult.None
        : parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? ActivitySamplingResult.AllDataAndRecorded
        : parent.IsRemote ? ActivitySamplingResult.PropagationData
        : ActivitySamplingResult.None;
}
