using System.Diagnostics;
using System.Globalization;
using Relais.AppHost.Local;

namespace Relais.Contract.Calls;

/// <summary>Identity as a process of its own, which can be killed, suspended and started again at its address.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-replica-").FullName;
    private readonly Uri http = Address();
    private Process? process;

    private ReplicaProcess()
    {
    }

    public Uri Grpc { get; } = Address();

    public static async Task<ReplicaProcess> StartAsync()
    {
        var replica = new ReplicaProcess();
        await replica.StartAgainAsync();
        return replica;
    }

    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Relais.Identity.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ConnectionStrings__identity"] = $"Data Source={Path.Combine(folder, "identity.db")}",
            ["Platform__ServiceSecret"] = new('s', 32),
            ["Identity__MasterKey"] = Convert.ToBase64String(new byte[32]),
            // Nobody is there: this process only answers calls.
            ["ConnectionStrings__rabbitmq"] = string.Create(CultureInfo.InvariantCulture, $"amqp://nobody:none@127.0.0.1:{LoopbackPorts.Next()}/"),
            ["Listen__Grpc"] = Grpc.ToString(),
            ["Listen__Http"] = http.ToString(),
        })
        {
            start.Environment[name] = value;
        }

        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var client = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(http, "/health/ready"), TestContext.Current.CancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException) when (tries < 600 && !process.HasExited)
            {
                // It still starts.
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        process = null;
    }

    /// <summary>Sends a signal, such as STOP and CONT.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static Uri Address() => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{LoopbackPorts.Next()}"));
}
