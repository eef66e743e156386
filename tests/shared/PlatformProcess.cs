using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Relais.AppHost.Client;

namespace Relais.Tests;

/// <summary>
/// Relais as a user starts it: a process of its own with a data folder and a port that outlive restarts. It can be asked
/// to end, and killed.
/// </summary>
internal sealed class PlatformProcess : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    // A debug build has only the copy beside the tests, which is not compiled ahead.
    private static readonly string AppHost = typeof(PlatformProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(entry => entry.Key == "AppHost")?.Value ?? typeof(PublicApi).Assembly.Location;

    private readonly StringBuilder output = new();
    private readonly bool ownsFolder;
    private readonly IReadOnlyDictionary<string, string> environment;
    private Process? process;

    private PlatformProcess(string folder, bool ownsFolder, int port, IReadOnlyDictionary<string, string> environment)
    {
        Folder = folder;
        this.ownsFolder = ownsFolder;
        this.environment = environment;
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
    }

    public string Folder { get; }

    public Uri Address { get; }

    /// <summary>From starting the process to its word that it is ready.</summary>
    public TimeSpan StartTime { get; private set; }

    public int ProcessId => process?.Id ?? throw new InvalidOperationException("The platform does not run.");

    /// <summary>What the process printed, for a failure's report.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts a platform with a new data folder, which goes when this is disposed of.</summary>
    public static async Task<PlatformProcess> StartAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        var platform = new PlatformProcess(Directory.CreateTempSubdirectory("relais-").FullName, ownsFolder: true, FreePort(), environment ?? new Dictionary<string, string>());
        await platform.StartAgainAsync();
        return platform;
    }

    /// <summary>Starts the process on the same data folder and port.</summary>
    public async Task StartAgainAsync()
    {
        var began = Stopwatch.GetTimestamp();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                AppHost, "--data", Folder, "--port", Address.Port.ToString(CultureInfo.InvariantCulture),
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("The platform ended before it was ready:\n" + Output));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(LongestStart);
        StartTime = Stopwatch.GetElapsedTime(began);

        void Take(string? line)
        {
            if (line is null)
                return;
            lock (output)
                output.AppendLine(line);
            if (line.StartsWith("Relais is ready at", StringComparison.Ordinal))
                ready.TrySetResult();
        }
    }

    /// <summary>SIGKILL: no warning, no cleaning up.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code once it has drained.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
        return process.ExitCode;
    }

    /// <summary>The demo's accounts.</summary>
    public JsonObject Accounts() => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "demo-accounts.json")))!.AsObject();

    /// <summary>Signs in the first demo account that has the role.</summary>
    public Task<PublicApi> SignInAsync(PublicApi anonymous, string role, CancellationToken cancellationToken)
    {
        var accounts = Accounts();
        var account = accounts["accounts"]!.AsArray().First(entry => entry!["roles"]!.AsArray().Any(name => (string)name! == role))!;
        return anonymous.SignInAsync((string)accounts["tenant"]!, (string)account["email"]!, (string)account["password"]!, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
            await KillAsync();
        process?.Dispose();
        if (ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }

    // Below the range from which the system takes ports for outgoing connections, so that the port is still free after a
    // restart.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it; another will do.
            }
        }
    }
}
