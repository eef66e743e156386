using System.Diagnostics;

namespace Relais.Common.Data;

/// <summary>A piece of work that can share its transaction with others, for whoever waits to hear what came of it.</summary>
public abstract class GroupMember
{
    private readonly TaskCompletionSource<bool> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The trace to which the events that come of it belong (W3C traceparent): that of whoever brought it.</summary>
    public string? TraceParent { get; } = Activity.Current?.Id;

    /// <summary>Whether it is committed; false when it has to be done alone.</summary>
    public Task<bool> Done => done.Task;

    public void Finish(bool committed) => done.TrySetResult(committed);

    public void Fail(Exception failure) => done.TrySetException(failure);
}
