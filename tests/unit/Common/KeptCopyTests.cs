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

    private Task<string> ReadAsync(CancellationToken cancellationToken) => isAway
        ? throw new IOException("Away on purpose.")
        : Task.FromResult(Interlocked.Increment(ref reads).ToString(System.Globalization.CultureInfo.InvariantCulture));
}
