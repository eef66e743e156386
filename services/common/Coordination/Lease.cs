using Relais.Common.Data;

namespace Relais.Common.Coordination;

/// <summary>
/// The sole right to something, such as a shard of work, until it is given back or was not renewed in time. It may end at any
/// moment without its owner noticing: whatever is written under it is guarded by <see cref="Leases{TDb}.GuardAsync"/>.
/// </summary>
public sealed class Lease : IAsyncDisposable
{
    private readonly Func<Lease, ValueTask> giveBack;
    private readonly CancellationTokenSource lost;
    private readonly TimeProvider clock;
    private long renewedAt;
    private TimeSpan duration;

    internal Lease(string tenantId, string name, long token, long renewedAt, TimeSpan duration, TimeProvider clock, Func<Lease, ValueTask> giveBack)
    {
        (TenantId, Name, Token) = (tenantId, name, token);
        (this.renewedAt, this.duration, this.clock, this.giveBack) = (renewedAt, duration, clock, giveBack);
        lost = new CancellationTokenSource(Left(), clock);
        Lost = lost.Token;
    }

    public string TenantId { get; }

    public string Name { get; }

    /// <summary>Grows with every owner: a writer with an older one is refused.</summary>
    public long Token { get; }

    /// <summary>Cancelled when the lease has ended, for whatever reason.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Whether it holds, as far as this process can know without asking.</summary>
    public bool IsHeld => !Lost.IsCancellationRequested && Left() > TimeSpan.Zero;

    /// <summary>Gives the right back, for the next to take it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsHeld)
            await giveBack(this);
        End();
    }

    // Counted from before the database was asked, so that it ends here before it ends there.
    internal void Renew(long askedAt, TimeSpan until)
    {
        Volatile.Write(ref renewedAt, askedAt);
        duration = until;
        if (!Lost.IsCancellationRequested && Left() is var left && left > TimeSpan.Zero)
            lost.CancelAfter(left);
        else
            End();
    }

    internal void End() => lost.Cancel();

    private TimeSpan Left()
    {
        var left = duration - clock.GetElapsedTime(Volatile.Read(ref renewedAt));
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}

/// <summary>Somebody else has the lease by now; nothing was written.</summary>
public sealed class LeaseLostException(string name) : Exception($"The lease '{name}' belongs to somebody else by now.");

/// <summary>Who has a lease.</summary>
/// <param name="Owner">As the owner calls itself.</param>
public sealed record LeaseHolder(string Owner, long Token)
{
    /// <summary>Where the owner reaches by gRPC; null for who took the lease before it listened.</summary>
    public Uri? Address => Uri.TryCreate(Owner[(Owner.LastIndexOf(' ') + 1)..], UriKind.Absolute, out var address) ? address : null;
}
