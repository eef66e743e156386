using System.Diagnostics;

namespace Relais.Tests;

/// <summary>A program that ran to its end, and what it printed.</summary>
internal sealed record FinishedProgram(int Code, string Output, string Errors)
{
    /// <param name="assembly">The path of a .NET program.</param>
    /// <param name="words">Its command line.</param>
    public static async Task<FinishedProgram> RunAsync(
        string assembly, IEnumerable<string> words, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", words.Prepend(assembly))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        return new FinishedProgram(process.ExitCode, await output, await errors);
    }
}
