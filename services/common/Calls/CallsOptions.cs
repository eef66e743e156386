using Relais.Common.Hosting;

namespace Relais.Common.Calls;

/// <summary>How this target calls the others.</summary>
public sealed class CallsOptions : ITargetOptions
{
    public static string Section => "Calls";

    /// <summary>A call that was sent and got no answer for so long makes its replica's health be asked for.</summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The same while only calls are under way that wait for something on purpose: long polls, streams.</summary>
    public TimeSpan LongSilence { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A replica that does not tell its health within this time is avoided while there is another.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How often an avoided replica is asked whether it is back.</summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Calls fail at once, without being sent, when every replica has been silent for so long.</summary>
    public TimeSpan OpenAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the addresses of a <c>dns:///</c> name are looked up again; sooner, each second, when one fails.</summary>
    public TimeSpan LookupInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a safe call is tried in all.</summary>
    public int MostAttempts { get; set; } = 4;

    public IEnumerable<string> Problems()
    {
        foreach (var (name, time) in new[]
        {
            (nameof(Silence), Silence), (nameof(LongSilence), LongSilence), (nameof(ProbeTimeout), ProbeTimeout), (nameof(ProbeInterval), ProbeInterval),
            (nameof(OpenAfter), OpenAfter), (nameof(LookupInterval), LookupInterval),
        })
        {
            if (time < TimeSpan.FromMilliseconds(10) || time > TimeSpan.FromMinutes(5))
                yield return $"{name} must be from 10 ms to 5 min; it is {time}.";
        }

        if (MostAttempts is < 1 or > 10)
            yield return $"{nameof(MostAttempts)} must be from 1 to 10; it is {MostAttempts}.";
    }
}
