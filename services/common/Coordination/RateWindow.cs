namespace Relais.Common.Coordination;

/// <summary>Limits how often something may happen, for all replicas together.</summary>
public interface IRateWindow
{
    /// <summary>Takes one permit, if there is one.</summary>
    /// <param name="key">What is limited: a client, an address, an account.</param>
    ValueTask<RateDecision> TakeAsync(string key, RateLimit limit, CancellationToken cancellationToken);
}

/// <summary>At most so many in any such time, after which they come back one by one.</summary>
/// <param name="Permits">1 to 1,000,000.</param>
/// <param name="Window">1 ms to 1 day.</param>
public readonly record struct RateLimit(int Permits, TimeSpan Window)
{
    /// <summary>The time in which one permit comes back, in microseconds.</summary>
    internal long Emission => Math.Max(1, (long)(Window.TotalMicroseconds / Permits));

    /// <summary>How far ahead of time the last permit may be taken, in microseconds.</summary>
    internal long Reach => Emission * Permits;
}

/// <summary>Whether it may happen.</summary>
/// <param name="Remaining">Permits that are left now.</param>
/// <param name="RetryAfter">When one will be there; zero where it may happen.</param>
public readonly record struct RateDecision(bool IsAllowed, int Remaining, TimeSpan RetryAfter);

/// <summary>
/// The generic cell rate algorithm (ITU-T I.371): one number per key, the time at which all permits would be back. A permit
/// moves it by the time in which one comes back; it may be ahead of now by the window.
/// </summary>
internal static class Gcra
{
    public static (RateDecision Decision, long BackAt) Take(long backAt, long now, RateLimit limit)
    {
        var next = Math.Max(backAt, now) + limit.Emission;
        var allowedAt = next - limit.Reach;
        return allowedAt <= now
            ? (new RateDecision(true, (int)((now - allowedAt) / limit.Emission), TimeSpan.Zero), next)
            : (new RateDecision(false, 0, TimeSpan.FromMicroseconds(allowedAt - now)), backAt);
    }
}

/// <summary>Rate windows of one process.</summary>
internal sealed class LocalRateWindow(TimeProvider clock) : IRateWindow
{
    // Beyond this many keys those whose permits are all back are forgotten.
    private const int MostKeys = 50_000;

    private readonly Dictionary<string, long> backAt = new(StringComparer.Ordinal);

    public ValueTask<RateDecision> TakeAsync(string key, RateLimit limit, CancellationToken cancellationToken)
    {
        var now = (long)clock.GetElapsedTime(0).TotalMicroseconds;
        lock (backAt)
        {
            var (decision, next) = Gcra.Take(backAt.GetValueOrDefault(key), now, limit);
            if (decision.IsAllowed)
                backAt[key] = next;
            if (backAt.Count > MostKeys)
                Forget(now);
            return ValueTask.FromResult(decision);
        }
    }

    private void Forget(long now)
    {
        foreach (var (key, at) in backAt)
        {
            if (at <= now)
                backAt.Remove(key);
        }

        // Nothing to be forgotten: who floods with new keys is limited at least by what the platform's own limits are.
        if (backAt.Count > MostKeys)
            backAt.Clear();
    }
}
