namespace Relais.Common.Coordination;

/// <summary>
/// Wakes whoever waits for a topic, such as <c>conversation/{id}</c>, on this replica and the others. A signal carries
/// nothing and may be lost or come twice: the waiter reads the database and finds out.
/// </summary>
public interface ISignals
{
    void Raise(string topic);

    /// <summary>How long a watcher may wait before it looks for itself; infinite where no signal can be lost.</summary>
    TimeSpan Recheck { get; }

    /// <summary>Starts to watch. Signals raised from now on are not missed, however late the wait begins.</summary>
    ISignalWatch Watch(string topic);
}

/// <summary>One watcher of a topic; ends with disposal.</summary>
public interface ISignalWatch : IDisposable
{
    /// <summary>Completes when the topic was raised since the last wait, or since the watch began.</summary>
    Task WaitAsync(CancellationToken cancellationToken);
}

/// <summary>Signals within one process.</summary>
/// <param name="recheck">How long a watcher may wait before it looks for what another process did; infinite where there is none.</param>
internal sealed class LocalSignals(TimeSpan recheck) : ISignals
{
    private readonly Dictionary<string, List<LocalWatch>> watches = new(StringComparer.Ordinal);

    public TimeSpan Recheck => recheck;

    /// <summary>Wakes every watcher.</summary>
    public void RaiseAll()
    {
        LocalWatch[] waiting;
        lock (watches)
            waiting = [.. watches.Values.SelectMany(found => found)];
        foreach (var watch in waiting)
            watch.Wake();
    }

    public void Raise(string topic)
    {
        LocalWatch[] waiting;
        lock (watches)
        {
            if (!watches.TryGetValue(topic, out var found))
                return;
            waiting = [.. found];
        }

        foreach (var watch in waiting)
            watch.Wake();
    }

    public ISignalWatch Watch(string topic)
    {
        var watch = new LocalWatch(this, topic);
        lock (watches)
        {
            if (!watches.TryGetValue(topic, out var found))
                watches[topic] = found = [];
            found.Add(watch);
        }

        return watch;
    }

    private void Remove(string topic, LocalWatch watch)
    {
        lock (watches)
        {
            if (watches.TryGetValue(topic, out var found) && found.Remove(watch) && found.Count == 0)
                watches.Remove(topic);
        }
    }

    private sealed class LocalWatch(LocalSignals signals, string topic) : ISignalWatch
    {
        private readonly SemaphoreSlim raised = new(0, 1);

        public Task WaitAsync(CancellationToken cancellationToken) => raised.WaitAsync(cancellationToken);

        public void Wake()
        {
            lock (raised)
            {
                if (raised.CurrentCount == 0)
                    raised.Release();
            }
        }

        // The semaphore holds no handle; it is left to the collector because Wake may still be on its way.
        public void Dispose() => signals.Remove(topic, this);
    }
}
