using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>From the command to "ready", and the memory of a platform that nobody uses.</summary>
internal static class StartBenchmark
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(CommandLine options)
    {
        var runs = options.Whole("runs", 5, 1, 1_000);
        options.RefuseOthers();
        await using var platform = await PlatformProcess.StartAsync();
        Figures.Number("first start", platform.ReadyTime.TotalSeconds, "s");
        Figures.Number("first start, until the demo is filled", platform.StartTime.TotalSeconds, "s");
        var starts = new List<double>();
        for (var run = 0; run < runs; run++)
        {
            await platform.KillAsync();
            await platform.StartAgainAsync();
            starts.Add(platform.StartTime.TotalMilliseconds);
        }

        Figures.Milliseconds("start again after kill -9", starts);
        using var api = new PublicApi(platform.Address);
        await Task.Delay(Idle);
        Figures.Number("resident memory, idle for 10 s", ResidentMegabytes(platform.ProcessId), "MB");
    }

    private static double ResidentMegabytes(int processId)
    {
        using var process = System.Diagnostics.Process.GetProcessById(processId);
        return process.WorkingSet64 / 1e6;
    }
}
