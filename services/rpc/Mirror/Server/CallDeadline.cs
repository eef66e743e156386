using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Relais.Rpc.Server;

/// <summary>
/// Ends a call on time even when its handler does not. The response belongs to whoever ends the call first:
/// the handler or the timer. A message that is being written at the deadline leaves no place for trailers, so the
/// stream is reset then.
/// </summary>
internal sealed class CallDeadline : IAsyncDisposable
{
    // Timers take at most 2^32-2 ms; a call that outlives this many days is checked again then.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(24);

    private readonly HttpServerCallContext _call;
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _aborted;
    private readonly Timer _timer;
    private readonly Lock _lock = new();
    private bool _ended;
    private bool _writing;
    private Task _expiry = Task.CompletedTask;

    public CallDeadline(HttpServerCallContext call, TimeSpan timeout)
    {
        _call = call;
        var now = DateTime.UtcNow;
        Deadline = timeout >= DateTime.MaxValue - now ? DateTime.MaxValue : now + timeout;
        Token = _source.Token;
        _aborted = call.HttpContext.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        _timer = new Timer(static guard => ((CallDeadline)guard!).OnTimer(), this, timeout < LongestTimer ? timeout : LongestTimer, System.Threading.Timeout.InfiniteTimeSpan);
    }

    public DateTime Deadline { get; }

    public CancellationToken Token { get; }

    /// <summary>False when the deadline has ended the call.</summary>
    public bool TryBeginWrite()
    {
        lock (_lock)
        {
            if (_ended)
                return false;
            _writing = true;
            return true;
        }
    }

    public void EndWrite()
    {
        lock (_lock)
            _writing = false;
    }

    /// <summary>Takes the end of the call for the handler; false when the deadline has taken it.</summary>
    public bool TryEnd()
    {
        lock (_lock)
        {
            if (_ended)
                return false;
            return _ended = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _expiry;
        await _aborted.DisposeAsync();
        _source.Dispose();
    }

    private void OnTimer()
    {
        var remaining = Deadline - DateTime.UtcNow;
        if (remaining > TimeSpan.FromHours(1))
        {
            _timer.Change(remaining < LongestTimer ? remaining : LongestTimer, System.Threading.Timeout.InfiniteTimeSpan);
            return;
        }
        bool writing;
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
            writing = _writing;
        }
        if (writing)
            Reset();
        else
            _expiry = ExpireAsync();
        _source.Cancel();
    }

    private async Task ExpireAsync()
    {
        try
        {
            _call.WriteStatus(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
            await _call.HttpContext.Response.CompleteAsync();
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or OperationCanceledException)
        {
            // The client is gone or the server stops; if somebody still waits, the reset tells them.
            Reset();
        }
    }

    private void Reset()
    {
        const int cancel = 0x8;
        _call.HttpContext.Features.Get<IHttpResetFeature>()?.Reset(cancel);
    }
}
