using System.Diagnostics;

namespace Relais.Common.Data;

/// <summary>A piece of work that can share its transaction with others, for whoever waits to hear what came of it.</summary>
public abstract class GroupMember
{
    private readonly TaskCompletionSource<bool> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The request or delivery that brought it, from which the events that come of it come; null for none.</summary>
    public Activity? Cause { get; } = Activity.Current;

    /// <summary>Whether it is committed; false when it has to be done alone.</summary>
    public Task<bool> Done => done.Task;

    public void Finish(bool committed) => done.TrySetResult(committed);

    public void Fail(Exception failure) => done.TrySetException(failure);
}
