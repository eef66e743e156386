namespace Relais.Common.Data;

/// <summary>Collects what comes while a group is under way: it makes up the next one.</summary>
public sealed class Gathering<T>
{
    private readonly Queue<T> waiting = new();
    private bool isWorking;

    /// <param name="work">
    /// Begun where nobody is at work, outside the context of whoever comes first; it takes until nothing is left. It must not fail.
    /// </param>
    public void Add(T item, Func<Task> work)
    {
        lock (waiting)
        {
            waiting.Enqueue(item);
            if (isWorking)
                return;
            isWorking = true;
        }

        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(work);
    }

    /// <summary>What waits now, the oldest first; when that is nothing, the work has ended.</summary>
    public IReadOnlyList<T> Take(int most = int.MaxValue)
    {
        lock (waiting)
        {
            var taken = new List<T>(Math.Min(most, waiting.Count));
            while (taken.Count < most && waiting.TryDequeue(out var item))
                taken.Add(item);
            isWorking = taken.Count > 0;
            return taken;
        }
    }
}
