using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Relais.Common.Data;

/// <summary>
/// Repeats a statement that stands alone when the connection was gone: after a failover or a restart the first use of each
/// pooled connection finds that out. Inside a transaction nothing is repeated; there the unit of work begins anew.
/// </summary>
internal sealed class PatientReads(DbContext context) : IExecutionStrategy
{
    /// <summary>How long a lost database is waited for: longer than a restart of PostgreSQL, shorter than a call's deadline.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    // EF Core would keep whole results in memory to repeat them half-way; what is repeated here has given no row yet.
    public bool RetriesOnFailure => false;

    /// <summary>The pause before the given attempt: doubles from 25 ms, with half of it at random.</summary>
    public static TimeSpan PauseBefore(int attempt)
    {
        var longest = Math.Min(LongestPause.TotalMilliseconds, 25 * Math.Pow(2, attempt - 1));
        return TimeSpan.FromMilliseconds(longest * (0.5 + Random.Shared.NextDouble() / 2));
    }

    public TResult Execute<TState, TResult>(
        TState state, Func<DbContext, TState, TResult> operation, Func<DbContext, TState, ExecutionResult<TResult>>? verifySucceeded) =>
        operation(context, state);

    public async Task<TResult> ExecuteAsync<TState, TResult>(
        TState state, Func<DbContext, TState, CancellationToken, Task<TResult>> operation,
        Func<DbContext, TState, CancellationToken, Task<ExecutionResult<TResult>>>? verifySucceeded, CancellationToken cancellationToken = default)
    {
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await operation(context, state, cancellationToken);
            }
            catch (Exception failure) when (context.Database.CurrentTransaction is null && context.ChangeTracker.Entries().All(IsUnchanged)
                && DatabaseTroubles.Of(failure) == DatabaseTrouble.Away && Stopwatch.GetElapsedTime(began) < Patience)
            {
                // The server comes back, or another connection is alive.
                await Task.Delay(PauseBefore(attempt + 1), cancellationToken);
            }
        }
    }

    // With changes it may be a save, which must not be made twice.
    private static bool IsUnchanged(Microsoft.EntityFrameworkCore.ChangeTracking.EntityEntry entry) =>
        entry.State is EntityState.Unchanged or EntityState.Detached;
}
