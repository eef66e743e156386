namespace Relais.Channels.Domain;

internal static class Instants
{
    /// <summary>Now, in the microseconds that both databases keep: an answer and a later reading give the same time.</summary>
    public static DateTimeOffset Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
