using Relais.Common.Hosting;

namespace Relais.Common.Coordination;

/// <summary>How replicas agree with each other.</summary>
public sealed class CoordinationOptions : ITargetOptions
{
    public static string Section => "Coordination";

    /// <summary>How long a lease holds without being renewed: what a replica that died keeps others waiting.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often who waits for a signal looks for itself while Redis answers: a signal may be lost on its way.</summary>
    public TimeSpan Recheck { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often who waits for a signal looks for itself while Redis is away, or where none is configured and there may be replicas.</summary>
    public TimeSpan RecheckAlone { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a command to Redis may take before the answer is done without.</summary>
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    public IEnumerable<string> Problems()
    {
        if (LeaseDuration < TimeSpan.FromMilliseconds(100) || LeaseDuration > TimeSpan.FromMinutes(10))
            yield return $"{nameof(LeaseDuration)} must be from 100 ms to 10 min.";
        foreach (var (name, value) in new[] { (nameof(Recheck), Recheck), (nameof(RecheckAlone), RecheckAlone), (nameof(RedisTimeout), RedisTimeout) })
        {
            if (value < TimeSpan.FromMilliseconds(10) || value > TimeSpan.FromMinutes(1))
                yield return $"{name} must be from 10 ms to 1 min.";
        }
    }
}
