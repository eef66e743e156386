using System.Collections.Concurrent;
using System.Globalization;
using Relais.AppHost.Local;

namespace Relais.Contract.Local;

/// <summary>The process of a target, and who looks after it.</summary>
public sealed class TargetProcessTests
{
    [Fact]
    public async Task Target_is_started_again_also_where_its_start_fails_and_its_end_is_told()
    {
        // Nobody has this program, so that it ends at once.
        var plan = new TargetPlan("nobody", 1, "nobody", new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2"), new Dictionary<string, string?>());
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var process = new TargetProcess(plan, new Printer(output, isColoured: false, labelWidth: 6));
        var told = new ConcurrentQueue<int?>();
        process.Changed += () =>
        {
            told.Enqueue(process.ProcessId);
            if (told.Count == 1)
                throw new IOException("No space left on device.");
        };
        process.Start();
        for (var tries = 0; told.Count < 6 && tries < 600; tries++)
            await Task.Delay(50, TestContext.Current.CancellationToken);
        await process.StopAsync();

        Assert.All(told.Chunk(2), run => Assert.True(run[0] is not null && run[1] is null));
        Assert.Equal(told.Count / 2, told.OfType<int>().Distinct().Count());
        Assert.InRange(told.Count, 6, int.MaxValue);
        Assert.Contains("could not be run (No space left on device.); it starts again in 0.2 s", output.ToString(), StringComparison.Ordinal);
    }
}
