using System.Diagnostics;
using System.Globalization;

namespace Relais.AppHost.Play;

/// <summary>Prints who does what, and how long it took.</summary>
internal sealed class Stage
{
    private readonly long began = Stopwatch.GetTimestamp();

    /// <summary>Runs a step and prints it with its duration.</summary>
    public async Task<T> StepAsync<T>(string who, string what, Func<Task<T>> step)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await step();
        Print(who, what, Stopwatch.GetElapsedTime(start));
        return result;
    }

    /// <summary>A line that belongs to the step before.</summary>
    public static void Say(string text)
    {
        foreach (var line in text.Split('\n'))
            Console.WriteLine($"{"",24}{line}");
    }

    private void Print(string who, string what, TimeSpan took) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalSeconds,7:0.00} s {who,-12} {what}  [{took.TotalMilliseconds:0.0} ms]"));
}
