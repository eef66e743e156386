namespace Relais.Routing.Domain.Matching;

/// <summary>
/// Times to the deadline in steps that rules need not tell apart, so that items share queues even when business hours
/// give each a deadline of its own. Seconds up to two hours keep eight significant bits (whole minutes up to a quarter of
/// an hour are exact, and nothing is off by more than 0.4%), longer ones four (3%).
/// </summary>
internal static class Grain
{
    private const double Fine = 7200;
    private const int FineBits = 7;
    private const int CoarseBits = 3;

    public static TimeSpan Of(TimeSpan target)
    {
        var seconds = target.TotalSeconds;
        if (seconds <= 0) return TimeSpan.Zero;
        var step = Math.ScaleB(1, Math.ILogB(seconds) - (seconds <= Fine ? FineBits : CoarseBits));
        return TimeSpan.FromSeconds(Math.Round(seconds / step) * step);
    }
}
