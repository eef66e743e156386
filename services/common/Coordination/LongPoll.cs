using Microsoft.Extensions.Hosting;

namespace Relais.Common.Coordination;

/// <summary>Answers that wait until there is something to say.</summary>
public sealed class LongPoll(ISignals signals, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>The longest wait a caller may ask for, in seconds.</summary>
    public const int LongestSeconds = 30;

    /// <summary>
    /// Reads until <paramref name="isReady"/> likes the answer, waking at each signal of <paramref name="topic"/>; after
    /// <paramref name="wait"/>, or when the process drains, it gives what there is.
    /// </summary>
    public async Task<T> ReadAsync<T>(
        string topic, TimeSpan wait, Func<CancellationToken, Task<T>> read, Func<T, bool> isReady, CancellationToken cancellationToken)
    {
        if (wait <= TimeSpan.Zero)
            return await read(cancellationToken);
        using var watch = signals.Watch(topic);
        using var patience = new CancellationTokenSource(wait, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token, lifetime.ApplicationStopping);
        while (true)
        {
            var answer = await read(cancellationToken);
            if (isReady(answer) || end.IsCancellationRequested)
                return answer;
            using var recheck = new CancellationTokenSource(signals.Recheck, clock);
            using var look = CancellationTokenSource.CreateLinkedTokenSource(end.Token, recheck.Token);
            try
            {
                await watch.WaitAsync(look.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // A signal may have been lost; or the wait is over, or the process drains: what there is now is the answer.
            }
        }
    }

    /// <summary>The wait a caller asked for, within bounds.</summary>
    public static TimeSpan WaitOf(int seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestSeconds));
}
