using System.Diagnostics.Metrics;

namespace Relais.Common.Calls;

/// <summary>Metrics of calls between targets; the calls themselves are in those of System.Net.Http.</summary>
internal static class CallsTelemetry
{
    private static readonly Meter Meter = new("Relais.Calls");

    /// <summary>Attempts after the first, by target.</summary>
    public static readonly Counter<long> Retries = Meter.CreateCounter<long>("relais.calls.retries", "{attempt}");

    /// <summary>Replicas that began to be avoided, by target and reason.</summary>
    public static readonly Counter<long> Ejections = Meter.CreateCounter<long>("relais.calls.ejections", "{replica}");

    /// <summary>Calls that were not sent because no replica answers, by target.</summary>
    public static readonly Counter<long> Refused = Meter.CreateCounter<long>("relais.calls.refused", "{call}");
}
