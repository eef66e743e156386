using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Relais.Common.Security;

/// <summary>
/// A copy of what is held elsewhere, for looking things up in memory. What was added there a moment ago must be found, and
/// what does not exist must not become a stream of reads: so a miss waits for a read that began after it, and misses
/// together cause one read a second.
/// </summary>
/// <param name="read">Reads all of it.</param>
/// <param name="kept">How old the copy may become before it is read again.</param>
public sealed class KeptCopy<T>(Func<CancellationToken, Task<T>> read, TimeSpan kept) : IDisposable
    where T : class
{
    private static readonly TimeSpan BetweenMisses = TimeSpan.FromSeconds(1);

    // The other place being away must not cost every call a try.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim one = new(1, 1);
    private volatile Held? held;
    private Failed? failed;

    // Ages are no matter of dates: this one only goes forward.
    private static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>What was read last, however old; null before the first read.</summary>
    public T? Latest => held?.Value;

    /// <summary>The copy, read again if it is too old. An old one will do while it cannot be read.</summary>
    public async ValueTask<T> GetAsync(CancellationToken cancellationToken)
    {
        if (held is { } known && Now < known.GoodUntil)
            return known.Value;
        try
        {
            return await ReadSinceAsync(Now, cancellationToken);
        }
        catch (Exception) when (held is not null && !cancellationToken.IsCancellationRequested)
        {
            var old = held;
            held = old with { GoodUntil = Now + Pause };
            return old.Value;
        }
    }

    /// <summary>The copy as it is after something was not found in it: read after this call began.</summary>
    public async ValueTask<T> AfterMissAsync(CancellationToken cancellationToken)
    {
        var missed = Now;
        if (held is { } known && known.ReadAt + BetweenMisses - missed is { Ticks: > 0 } pause)
            await Task.Delay(pause, cancellationToken);
        return await ReadSinceAsync(missed, cancellationToken);
    }

    /// <summary>Reads now.</summary>
    public ValueTask<T> ReadAsync(CancellationToken cancellationToken) => ReadSinceAsync(Now, cancellationToken);

    /// <summary>The next look reads.</summary>
    public void Forget() => held = null;

    public void Dispose() => one.Dispose();

    // One read answers everybody who came before it began, and so does its failure.
    private async ValueTask<T> ReadSinceAsync(TimeSpan moment, CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            if (held is { } known && known.ReadAt > moment)
                return known.Value;
            if (failed is { } last && last.BeganAt > moment)
                last.Failure.Throw();
            var began = Now;
            try
            {
                var value = await read(cancellationToken);
                held = new Held(value, began, kept == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : began + kept);
                return value;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Whoever only gave up waiting says nothing about the other place.
                failed = new Failed(ExceptionDispatchInfo.Capture(failure), began);
                throw;
            }
        }
        finally
        {
            one.Release();
        }
    }

    private sealed record Held(T Value, TimeSpan ReadAt, TimeSpan GoodUntil);

    private sealed record Failed(ExceptionDispatchInfo Failure, TimeSpan BeganAt);
}
