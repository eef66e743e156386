namespace Relais.Common.Data;

/// <summary>
/// The system's time in whole microseconds, which is what both databases keep: what an answer or an event says of an
/// instant is what every later read says of it.
/// </summary>
internal sealed class StorableClock : TimeProvider
{
    public static readonly StorableClock Instance = new();

    public override DateTimeOffset GetUtcNow()
    {
        var now = base.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
