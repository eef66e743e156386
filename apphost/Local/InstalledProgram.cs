using System.ComponentModel;
using System.Diagnostics;

namespace Relais.AppHost.Local;

/// <summary>Programs that this machine has.</summary>
internal static class InstalledProgram
{
    private static readonly string[] Folders =
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ];

    /// <summary>The program's path; null where it is not installed.</summary>
    public static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end, which is at once where that is cancelled.</summary>
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="IOException">It is not there, or ended with another code than 0; the message has its words.</exception>
    public static async Task<string> RunAsync(string path, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // Its messages go into ours.
        start.Environment["LC_ALL"] = "C.UTF-8";
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            try
            {
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Nobody waits for what it does any more, and whoever comes next must not meet it.
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
                throw;
            }

            return process.ExitCode == 0
                ? await output
                : throw new IOException($"{Path.GetFileName(path)} ended with {process.ExitCode}: {(await errors).Trim()} {(await output).Trim()}".TrimEnd());
        }
        catch (Win32Exception unusable)
        {
            throw new IOException($"{path} cannot be run: {unusable.Message}", unusable);
        }
    }
}
