using System.Globalization;

namespace Relais.Tests;

/// <summary>What a process has in memory, in bytes (proc(5): smaps_rollup).</summary>
/// <param name="Resident">All of its pages that are in memory, those of libraries too, which every process counts again.</param>
/// <param name="Proportional">The same with each page divided by the processes that share it: over all processes, what they take together.</param>
/// <param name="Own">What would be free if it ended alone.</param>
internal sealed record ProcessMemory(long Resident, long Proportional, long Own)
{
    /// <returns>Nothing where it has ended.</returns>
    public static ProcessMemory Of(int processId)
    {
        try
        {
            var parts = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/smaps_rollup")).Skip(1)
                .Select(line => line.Split((char[])[':', ' '], StringSplitOptions.RemoveEmptyEntries))
                .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture) << 10, StringComparer.Ordinal);
            return new ProcessMemory(parts["Rss"], parts["Pss"], parts["Private_Clean"] + parts["Private_Dirty"]);
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException or KeyNotFoundException)
        {
            return new ProcessMemory(0, 0, 0);
        }
    }
}
