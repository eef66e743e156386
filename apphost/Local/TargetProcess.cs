using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Relais.Common.Hosting;

namespace Relais.AppHost.Local;

/// <summary>What a target's process is started with.</summary>
/// <param name="Target">Such as <c>tickets</c>.</param>
/// <param name="Replica">From 1.</param>
/// <param name="Label">How its output and reports name it: <c>tickets</c>, or <c>tickets/2</c> among several.</param>
/// <param name="Grpc">Where it speaks gRPC.</param>
/// <param name="Http">Where it speaks HTTP: health, metrics, at the gateway the public face.</param>
/// <param name="Settings">Configuration by its keys, given as environment variables.</param>
internal sealed record TargetPlan(
    string Target, int Replica, string Label, Uri Grpc, Uri Http, IReadOnlyDictionary<string, string?> Settings);

/// <summary>
/// A target in a process of its own: started again, with growing pauses, whenever it ends unasked; asked to drain by the
/// end of its standard input, which also ends it when this process is killed.
/// </summary>
internal sealed class TargetProcess(TargetPlan plan, Printer printer) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // A process that lived so long had started well; its end is a new matter.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    // The target cuts off what is under way after 25 s itself.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(27);

    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource wrongConfiguration = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task supervision = Task.CompletedTask;
    private volatile bool isEnding;
    private volatile int processId;

    public TargetPlan Plan => plan;

    /// <summary>The process that runs now; null between two.</summary>
    public int? ProcessId => processId is > 0 and var running ? running : null;

    /// <summary>A process runs now, or has ended.</summary>
    public event Action? Changed;

    public void Start() => supervision = SuperviseAsync();

    /// <summary>Completes when the target says that it is ready for work.</summary>
    /// <exception cref="InvalidConfigurationException">It refused its configuration; its output says why.</exception>
    public async Task WaitUntilReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var address = new Uri(plan.Http, "/health/ready");
        while (true)
        {
            if (wrongConfiguration.Task.IsCompletedSuccessfully)
                throw new InvalidConfigurationException([(plan.Label, "does not start with this configuration; its output above says why.")]);
            try
            {
                using var answer = await http.GetAsync(address, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    /// <summary>
    /// From now on it is not started again: the platform ends, and whoever asked for that may have asked all processes at
    /// once.
    /// </summary>
    public void ExpectEnd() => isEnding = true;

    /// <summary>Asks the target to drain, and waits until it has ended; after its time it is killed.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await supervision;
    }

    public void Dispose() => stopping.Dispose();

    private async Task SuperviseAsync()
    {
        await Task.Yield();
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            int? code = null;
            string end;
            try
            {
                code = await RunAsync();
                end = string.Create(CultureInfo.InvariantCulture, $"ended with code {code}");
            }
            catch (Exception failure)
            {
                // The machine may have no memory or process left for it, and have some later.
                end = $"could not be run ({failure.Message})";
            }

            if (isEnding || stopping.IsCancellationRequested)
                return;
            if (code == TargetProgram.InvalidConfiguration)
            {
                printer.Line(plan.Label, "refused its configuration and is not started again");
                wrongConfiguration.TrySetResult();
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > Settled)
                pause = FirstPause;
            printer.Line(plan.Label, string.Create(CultureInfo.InvariantCulture, $"{end}; it starts again in {pause.TotalSeconds:0.0} s"));
            try
            {
                await Task.Delay(pause, stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<int> RunAsync()
    {
        using var child = new Process { StartInfo = StartInfo() };
        child.OutputDataReceived += (_, line) => Print(line.Data);
        child.ErrorDataReceived += (_, line) => Print(line.Data);
        child.Start();
        try
        {
            YieldToOthers(child);
            processId = child.Id;
            Changed?.Invoke();
            child.BeginOutputReadLine();
            child.BeginErrorReadLine();
            await child.WaitForExitAsync(stopping.Token);
        }
        catch (OperationCanceledException)
        {
            await DrainAsync(child);
        }
        finally
        {
            processId = 0;
            Changed?.Invoke();
        }

        return child.ExitCode;
    }

    // Where all share a machine, what customers and experts wait for comes before the figures. At once, so that every thread
    // of the process inherits it.
    private void YieldToOthers(Process child)
    {
        if (plan.Target != "surveys")
            return;
        try
        {
            child.PriorityClass = ProcessPriorityClass.BelowNormal;
        }
        catch (Exception ended) when (ended is InvalidOperationException or Win32Exception)
        {
            // It has ended already; that is seen in a moment.
        }
    }

    private async Task DrainAsync(Process child)
    {
        child.StandardInput.Close();
        using var patience = new CancellationTokenSource(LongestDrain);
        try
        {
            await child.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            printer.Line(plan.Label, string.Create(CultureInfo.InvariantCulture, $"did not end within {LongestDrain.TotalSeconds:0} s and is killed"));
            child.Kill();
            await child.WaitForExitAsync(CancellationToken.None);
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(DotNet(), [Path.Combine(AppContext.BaseDirectory, $"Relais.{char.ToUpperInvariant(plan.Target[0])}{plan.Target[1..]}.dll")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in plan.Settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment[ShutdownSignals.LifelineVariable] = "stdin";
        // Views of compiled code that are writable and executable apart (W^X) cost each process 35 to 50 MB here; on a machine
        // of one's own that is much for little.
        start.Environment.TryAdd("DOTNET_EnableWriteXorExecute", "0");
        // Telemetry tells replicas apart (OpenTelemetry's semantic conventions for services).
        var given = Environment.GetEnvironmentVariable("OTEL_RESOURCE_ATTRIBUTES");
        start.Environment["OTEL_RESOURCE_ATTRIBUTES"] = $"{(string.IsNullOrEmpty(given) ? "" : given + ",")}service.instance.id={plan.Label}";
        return start;
    }

    // The runtime that runs this process, so that no other one on the path is taken.
    private static string DotNet() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    private void Print(string? line)
    {
        if (line is not null)
            printer.Line(plan.Label, line);
    }
}
