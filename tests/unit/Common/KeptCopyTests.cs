using System.Diagnostics;
using Relais.Common.Security;

namespace Relais.Unit.Common;

public sealed class KeptCopyTests : IDisposable
{
    private readonly KeptCopy<string> copy;
    private int reads;
    private volatile bool isAway;

    public KeptCopyTests() => copy = new KeptCopy<string>(ReadAsync, TimeSpan.FromMinutes(1));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => copy.Dispose();

    [Fact]
    public async Task Copy_is_read_once_and_kept()
    {
        Assert.Null(copy.Latest);
        Assert.Equal(["1", "1", "1"], await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => copy.GetAsync(Stop).AsTask())));
        Assert.Equal("1", copy.Latest);
    }

    [Fact]
    public async Task Miss_sees_what_was_read_after_it_and_many_cause_one_read_a_second()
    {
        await copy.GetAsync(Stop);
        var since = Stopwatch.StartNew();
        var seen = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => copy.AfterMissAsync(Stop).AsTask()));
        Assert.All(seen, value => Assert.Equal("2", value));
        Assert.InRange(since.Elapsed, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));
        Assert.Equal("3", await copy.AfterMissAsync(Stop));
    }

    [Fact]
    public async Task Old_copy_serves_while_it_cannot_be_read_but_a_miss_says_so()
    {
        using var brief = new KeptCopy<string>(ReadAsync, TimeSpan.FromTicks(1));
        Assert.Equal("1", await brief.GetAsync(Stop));
        isAway = true;
        Assert.Equal("1", await brief.GetAsync(Stop));
        await Assert.ThrowsAsync<IOException>(async () => await brief.AfterMissAsync(Stop));
        brief.Forget();
        await Assert.ThrowsAsync<IOException>(async () => await brief.GetAsync(Stop));
    }

    [Fact]
    public async Task Failed_read_answers_everybody_who_came_before_it_began()
    {
        var first = new TaskCompletionSource<string>();
        var tries = 0;
        using var broken = new KeptCopy<string>(_ => Interlocked.Increment(ref tries) == 1 ? first.Task : throw new IOException("Away on purpose."), TimeSpan.FromMinutes(1));
        var looks = Enumerable.Range(0, 51).Select(_ => broken.GetAsync(Stop).AsTask()).ToArray();
        first.SetException(new IOException("Away on purpose."));
        await Task.WhenAll(looks.Select(look => Assert.ThrowsAsync<IOException>(() => look)));
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task Read_that_its_caller_gave_up_fails_nobody_else()
    {
        using var impatient = new CancellationTokenSource();
        var tries = 0;
        using var slow = new KeptCopy<string>(async ct =>
        {
            if (Interlocked.Increment(ref tries) == 1)
                await Task.Delay(Timeout.Infinite, ct);
            return "read";
        }, TimeSpan.FromMinutes(1));
        var left = slow.GetAsync(impatient.Token).AsTask();
        var waits = slow.GetAsync(Stop).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal("read", await waits);
    }

    private Task<string> ReadAsync(CancellationToken cancellationToken) => isAway
        ? throw new IOException("Away on purpose.")
        : Task.FromResult(Interlocked.Increment(ref reads).ToString(System.Globalization.CultureInfo.InvariantCulture));
}
