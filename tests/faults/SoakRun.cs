using System.Diagnostics;
using System.Globalization;
using System.Text;
using Relais.Faults.Scripts;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>Plays scripts on one platform one after the other, in an order of the seed's, for as long as asked.</summary>
internal static class SoakRun
{
    /// <param name="minutes">0 plays each script once, as the suite does.</param>
    /// <param name="only">The one script to play; all where null.</param>
    /// <returns>Whether nothing was violated.</returns>
    public static async Task<bool> PlayAsync(int minutes, int seed, string? only, Action<string> say, CancellationToken cancellationToken)
    {
        if (LocalStage.Missing is { } missing)
        {
            say(missing);
            return false;
        }

        await using var stage = await LocalStage.StartAsync(cancellationToken);
        say(string.Create(CultureInfo.InvariantCulture, $"ready after {stage.Platform.StartTime.TotalSeconds:0.0} s in {stage.Platform.Folder}"));
        var random = new Random(seed);
        var memory = new MemoryGrowth();
        var violations = 0;
        var began = Stopwatch.GetTimestamp();
        do
        {
            var scripts = FaultScripts.All.Where(script => only is null || script.Name == only).ToArray();
            if (only is null && minutes > 0)
                random.Shuffle(scripts);
            foreach (var script in scripts)
            {
                if (script.Missing(stage) is { } unplayable)
                {
                    say($"{script.Name} is not played. {unplayable}");
                    continue;
                }

                // With one script and no time the seed is the script's own, so that a violation can be played again.
                var own = only is not null && minutes == 0 ? seed : random.Next();
                var report = await LocalRun.PlayAsync(stage, script, new LocalPlan(own, IsLong: minutes > 0), say, cancellationToken);
                memory.Look(stage.Processes);
                violations += report.Violations.Count;
                if (report.Violations.Count > 0)
                    say($"the processes' output: {await SaveOutputAsync(stage, cancellationToken)}");
                if (minutes > 0 && Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(minutes))
                    break;
            }
        }
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(minutes));
        say(memory.ToString());
        say(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {violations} violations in {Stopwatch.GetElapsedTime(began).TotalMinutes:0.0} min"));
        return violations == 0;
    }

    private static async Task<string> SaveOutputAsync(LocalStage stage, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"relais-faults-{Environment.ProcessId}.log"));
        await File.WriteAllTextAsync(file, stage.Platform.Output, cancellationToken);
        return file;
    }

    /// <summary>The memory of each process alone, without what it shares, after its first script, halfway and after its last.</summary>
    private sealed class MemoryGrowth
    {
        private readonly Dictionary<(string Name, int ProcessId), List<long>> looks = [];

        public void Look(IEnumerable<TargetReplica> processes)
        {
            foreach (var process in processes)
            {
                if (!looks.TryGetValue((process.Name, process.ProcessId), out var seen))
                    looks[(process.Name, process.ProcessId)] = seen = [];
                seen.Add(ProcessMemory.Of(process.ProcessId).Own >> 20);
            }
        }

        public override string ToString()
        {
            var text = new StringBuilder("own memory in MB, of processes that were there for several scripts:");
            foreach (var (process, seen) in looks.Where(look => look.Value.Count > 1).OrderBy(look => look.Key.Name, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"\n  {process.Name,-12} {seen[0],5} -> {seen[seen.Count / 2],5} -> {seen[^1],5}  (most {seen.Max()}, {seen.Count} looks)");
            return text.ToString();
        }
    }
}
