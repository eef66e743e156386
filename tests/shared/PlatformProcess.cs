using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Relais.AppHost.Client;
using Relais.AppHost.Local;

namespace Relais.Tests;

/// <summary>How the platform runs: <c>embedded</c>, or <c>local</c> with so many replicas of each target.</summary>
internal sealed record PlatformMode(string Name, int Replicas = 1)
{
    public static PlatformMode Embedded { get; } = new("embedded");

    /// <summary>What this machine lacks for the mode, as a reason to skip; null when it lacks nothing.</summary>
    public string? Missing => Name == "local" ? Servers.Missing(new ConfigurationBuilder().AddEnvironmentVariables().Build()) : null;

    public IEnumerable<string> Arguments => this == Embedded ? [] : ["--mode", Name, "--replicas", Replicas.ToString(CultureInfo.InvariantCulture)];
}

/// <summary>
/// Relais as a user starts it: a process of its own with a data folder and a port that outlive restarts. It can be asked
/// to end, and killed. In the local mode it is the launcher of many others.
/// </summary>
internal sealed class PlatformProcess : IAsyncDisposable
{
    // A first start of two replicas is twenty processes on what may be two busy cores.
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(5);

    // A debug build has only the copy beside the tests, which is not compiled ahead.
    public static string AppHost { get; } = typeof(PlatformProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(entry => entry.Key == "AppHost")?.Value ?? typeof(PublicApi).Assembly.Location;

    private readonly StringBuilder output = new();
    private readonly bool ownsFolder;
    private readonly IReadOnlyDictionary<string, string> environment;
    private Process? process;

    private PlatformProcess(PlatformMode mode, string folder, bool ownsFolder, int port, IReadOnlyDictionary<string, string> environment)
    {
        Mode = mode;
        Folder = folder;
        this.ownsFolder = ownsFolder;
        this.environment = environment;
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
    }

    public PlatformMode Mode { get; }

    public string Folder { get; }

    public Uri Address { get; }

    /// <summary>From starting the process to its word that it is ready.</summary>
    public TimeSpan ReadyTime { get; private set; }

    /// <summary>From starting the process to its word that the demo tenant is ready too.</summary>
    public TimeSpan StartTime { get; private set; }

    public bool IsRunning => process is { HasExited: false };

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

    /// <summary>Starts a platform with a data folder: the one named, else a new one, which goes when this is disposed of.</summary>
    public static async Task<PlatformProcess> StartAsync(
        IReadOnlyDictionary<string, string>? environment = null, PlatformMode? mode = null, string? folder = null)
    {
        var platform = new PlatformProcess(
            mode ?? PlatformMode.Embedded, folder ?? Directory.CreateTempSubdirectory("relais-").FullName, ownsFolder: folder is null, LoopbackPorts.Next(),
            environment ?? new Dictionary<string, string>());
        try
        {
            await platform.StartAgainAsync();
            return platform;
        }
        catch
        {
            // Nobody else would end what has started.
            await platform.DisposeAsync();
            throw;
        }
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
        foreach (var argument in Mode.Arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("The platform ended before it was ready:\n" + Output));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(LongestStart);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"The platform was not ready within {LongestStart.TotalSeconds:0} s:\n{Output}", late);
        }

        StartTime = Stopwatch.GetElapsedTime(began);

        void Take(string? line)
        {
            if (line is null)
                return;
            lock (output)
                output.AppendLine(line);
            if (line.StartsWith("Relais is ready at", StringComparison.Ordinal))
                ReadyTime = Stopwatch.GetElapsedTime(began);
            else if (line.StartsWith("The demo tenant is ready", StringComparison.Ordinal))
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
        await SignalAsync("TERM", ProcessId);
        await process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        return process.ExitCode;
    }

    /// <summary>Sends a signal, such as <c>KILL</c>, <c>STOP</c> or <c>TERM</c>, to any process.</summary>
    /// <exception cref="InvalidOperationException">It was not sent: the process has ended.</exception>
    public static async Task SignalAsync(string name, int processId)
    {
        using var kill = Process.Start("kill", [$"-{name}", processId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"SIG{name} could not be sent to the process {processId}."));
    }

    /// <summary>The targets' processes in the local mode, as the launcher lists them.</summary>
    public IReadOnlyList<TargetReplica> Processes() => TargetReplica.Read(Folder);

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
        // In the local mode the processes that it started have to end before their folder goes.
        if (IsRunning && Mode != PlatformMode.Embedded)
            await TerminateAsync();
        else if (IsRunning)
            await KillAsync();
        process?.Dispose();
        if (ownsFolder)
            Directory.Delete(Folder, recursive: true);
    }
}
