using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.Benchmarks;

/// <summary>
/// Two replicas of each target, and readers at a steady rate, while one replica of what they read from is killed or
/// suspended: for how long after that reads are still slow, and how slow.
/// </summary>
internal static class ReplicaBenchmark
{
    private const string Target = "knowledge";
    private const string Read = "/v1/articles?pageSize=10";
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(CommandLine options)
    {
        var (rate, rounds) = (options.Whole("rate", 100, 10, 10_000), options.Whole("rounds", 5, 1, 1_000));
        options.RefuseOthers();
        var mode = new PlatformMode("local", 2);
        if (mode.Missing is { } missing)
        {
            Console.WriteLine(missing);
            return;
        }

        await using var platform = await PlatformProcess.StartAsync(mode: mode);
        using var anonymous = new PublicApi(platform.Address);
        using var reader = await platform.SignInAsync(anonymous, "administrator", CancellationToken.None);
        await ReadAsync(reader, rate, TimeSpan.FromSeconds(30));
        foreach (var signal in new[] { "KILL", "STOP" })
        {
            var (slowUntil, slowest, failed, usual) = (new List<double>(), new List<double>(), 0, new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                var replica = (await BothAsync(platform))[round % 2];
                var load = ReadAsync(reader, rate, Before + After);
                await Task.Delay(Before);
                var at = Stopwatch.GetTimestamp();
                await replica.SignalAsync(signal);
                var reads = await load;
                if (signal == "STOP")
                    await replica.SignalAsync("CONT");
                var before = reads.Where(read => read.Began < at && read.IsAnswered).Select(read => read.Milliseconds).Order().ToList();
                // Slower than nearly all were before: those that met the replica, and a few that nothing happened to.
                var bar = Math.Max(100, 2 * Figures.Percentile(before, .99));
                var after = reads.Where(read => read.Began >= at).ToList();
                slowUntil.Add(after.Where(read => read.Milliseconds > bar).Select(read => Stopwatch.GetElapsedTime(at, read.Began).TotalMilliseconds).DefaultIfEmpty(0).Max());
                slowest.Add(after.Max(read => read.Milliseconds));
                failed += after.Count(read => !read.IsAnswered);
                usual.AddRange(before);
            }

            Figures.Milliseconds($"SIG{signal}: reads before it", usual);
            Figures.Milliseconds("  the last slow read began after", slowUntil);
            Figures.Milliseconds("  the slowest read took", slowest);
            Figures.Number("  reads that failed", failed, string.Create(CultureInfo.InvariantCulture, $"of {rounds * rate * After.TotalSeconds:0}"));
        }
    }

    // Each at its time, whatever the earlier ones do.
    private static async Task<IReadOnlyList<OneRead>> ReadAsync(PublicApi reader, int rate, TimeSpan length)
    {
        var (reads, began, running) = (new ConcurrentBag<OneRead>(), Stopwatch.GetTimestamp(), new List<Task>());
        for (var number = 0; number < rate * length.TotalSeconds; number++)
        {
            if (TimeSpan.FromSeconds(number / (double)rate) - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } wait)
                await Task.Delay(wait);
            running.Add(OneAsync());
        }

        await Task.WhenAll(running);
        return [.. reads];

        async Task OneAsync()
        {
            var (start, answered) = (Stopwatch.GetTimestamp(), true);
            try
            {
                await reader.GetAsync(Read, CancellationToken.None);
            }
            catch (Exception failure) when (failure is ProblemException or HttpRequestException)
            {
                // Counted and printed.
                answered = false;
            }

            reads.Add(new OneRead(start, Stopwatch.GetElapsedTime(start).TotalMilliseconds, answered));
        }
    }

    // The launcher starts again what has ended; it is in use when it has been ready for a while.
    private static async Task<IReadOnlyList<TargetReplica>> BothAsync(PlatformProcess platform)
    {
        while (true)
        {
            var both = platform.Processes().Where(process => process.Target == Target).ToList();
            if (both.Count == 2 && await AreReadyAsync(both))
            {
                await Task.Delay(After);
                return both;
            }

            await Task.Delay(100);
        }
    }

    private static async Task<bool> AreReadyAsync(IReadOnlyList<TargetReplica> replicas)
    {
        using var client = new HttpClient();
        try
        {
            foreach (var replica in replicas)
            {
                using var answer = await client.GetAsync(new Uri(replica.Http, "/health/ready"));
                if (!answer.IsSuccessStatusCode)
                    return false;
            }

            return true;
        }
        catch (HttpRequestException)
        {
            // It still starts.
            return false;
        }
    }

    private sealed record OneRead(long Began, double Milliseconds, bool IsAnswered);
}
