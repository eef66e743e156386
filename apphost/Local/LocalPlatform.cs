using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relais.AppHost.Embedded;
using Relais.Common.Hosting;

namespace Relais.AppHost.Local;

/// <summary>One process for each target and replica, and one public address before the gateway's replicas.</summary>
internal sealed class LocalPlatform : IAsyncDisposable
{
    private readonly List<TargetProcess> processes;
    private readonly List<PublicAddress> entrances = [];
    private readonly List<ReplicaReadiness> readiness = [];
    private readonly HttpClient http;
    private readonly DataFolder folder;
    private readonly Printer printer;

    private LocalPlatform(List<TargetProcess> processes, HttpClient http, DataFolder folder, Printer printer)
    {
        this.processes = processes;
        this.http = http;
        this.folder = folder;
        this.printer = printer;
        foreach (var process in processes)
            process.Changed += WriteProcesses;
    }

    /// <summary>The public face.</summary>
    public required Uri Address { get; init; }

    /// <summary>gRPC for partners.</summary>
    public required Uri GrpcAddress { get; init; }

    /// <summary>Which processes run, for whoever looks at them; rewritten when one ends or starts.</summary>
    public string ProcessesFile => Path.Combine(folder.Root, "processes.json");

    /// <summary>Starts every target and completes when all are ready.</summary>
    /// <param name="settings">
    /// Configuration for every target, with the same keys as in environment variables. Where it names a replica's address,
    /// the others call it there, and whatever listens there is to pass calls on.
    /// </param>
    /// <exception cref="InvalidConfigurationException">A target refused its configuration.</exception>
    public static async Task<LocalPlatform> StartAsync(
        DataFolder folder, int port, int replicas, IReadOnlyDictionary<string, string?> settings, Printer printer, CancellationToken cancellationToken)
    {
        var address = Loopback(port == 0 ? LoopbackPorts.Next() : port);
        var grpcAddress = Loopback(LoopbackPorts.Next());
        var places = Targets.All.ToDictionary(
            target => target.Name,
            target => Enumerable.Range(1, replicas)
                .Select(_ => target.Name == "gateway" && replicas == 1 ? (Grpc: grpcAddress, Http: address) : (Grpc: Loopback(LoopbackPorts.Next()), Http: Loopback(LoopbackPorts.Next())))
                .ToList(),
            StringComparer.Ordinal);
        var shared = Targets.Settings(folder);
        foreach (var (key, value) in settings)
            shared[key] = value;
        foreach (var (target, at) in places)
        {
            for (var replica = 0; replica < at.Count; replica++)
                shared.TryAdd(string.Create(CultureInfo.InvariantCulture, $"services:{target}:grpc:{replica}"), at[replica].Grpc.ToString());
        }

        var plans = from place in places
                    from replica in Enumerable.Range(1, replicas)
                    let at = place.Value[replica - 1]
                    select new TargetPlan(
                        place.Key, replica, replicas == 1 ? place.Key : string.Create(CultureInfo.InvariantCulture, $"{place.Key}/{replica}"),
                        at.Grpc, at.Http, OwnSettings(place.Key, shared, at.Grpc, at.Http, folder, isBalanced: replicas > 1));
        var platform = new LocalPlatform(
            [.. plans.Select(plan => new TargetProcess(plan, printer))],
            new HttpClient(new SocketsHttpHandler { UseProxy = false }), folder, printer)
        {
            Address = address,
            GrpcAddress = grpcAddress,
        };
        try
        {
            await platform.StartAsync(replicas, cancellationToken);
            return platform;
        }
        catch
        {
            // Whatever went wrong, nothing that has been started stays behind.
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Ends everything in the opposite order of needs: the public address and the gateway first, so that nobody is refused
    /// while others drain.
    /// </summary>
    public async Task StopAsync()
    {
        foreach (var process in processes)
            process.ExpectEnd();
        foreach (var entrance in entrances)
            await entrance.DisposeAsync();
        entrances.Clear();
        foreach (var wave in Targets.Waves.Reverse())
            await Task.WhenAll(processes.Where(process => wave.Any(target => target.Name == process.Plan.Target)).Select(process => process.StopAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var watch in readiness)
            await watch.DisposeAsync();
        foreach (var process in processes)
            process.Dispose();
        http.Dispose();
        File.Delete(ProcessesFile);
    }

    private async Task StartAsync(int replicas, CancellationToken cancellationToken)
    {
        if (replicas > 1)
            OpenEntrances();
        foreach (var process in processes)
            process.Start();
        await Task.WhenAll(processes.Select(process => process.WaitUntilReadyAsync(http, cancellationToken)));
    }

    private void OpenEntrances()
    {
        var gateways = processes.Where(process => process.Plan.Target == "gateway").Select(process => process.Plan).ToList();
        readiness.AddRange(gateways.Select(gateway => new ReplicaReadiness(http, gateway.Http)));
        entrances.Add(PublicAddress.Open(EndPoint(Address), [.. gateways.Zip(readiness, (gateway, ready) => new PublicAddress.Backend(EndPoint(gateway.Http), ready))]));
        entrances.Add(PublicAddress.Open(EndPoint(GrpcAddress), [.. gateways.Zip(readiness, (gateway, ready) => new PublicAddress.Backend(EndPoint(gateway.Grpc), ready))]));
    }

    internal static Dictionary<string, string?> OwnSettings(
        string target, Dictionary<string, string?> shared, Uri grpc, Uri http, DataFolder folder, bool isBalanced)
    {
        // What belongs to one service, secrets above all, is not for the others; the gateway, which keeps nothing and has no
        // events, is not told of it by this process's environment either.
        var others = Targets.All.Select(other => other.Name).Where(name => name != target).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var settings = shared
            .Where(setting => !others.Contains(setting.Key.Split(':')[0]) && !others.Contains(ConnectionOf(setting.Key)))
            .ToDictionary(
                setting => setting.Key,
                setting => target == "gateway" && ConnectionOf(setting.Key) is not ("" or "redis") ? null : setting.Value,
                StringComparer.Ordinal);
        settings["Listen:Grpc"] = grpc.ToString();
        settings["Listen:Http"] = http.ToString();
        // Between targets the calls themselves notice.
        if (target == "gateway" && isBalanced)
            settings["Listen:DrainDelay"] = ReplicaReadiness.Noticed.ToString("c", CultureInfo.InvariantCulture);
        if (target == "identity")
            settings["Identity:MasterKey"] = folder.Secrets.MasterKey;
        return settings;
    }

    private static string ConnectionOf(string key) => key.StartsWith("ConnectionStrings:", StringComparison.Ordinal) ? key.Split(':')[1] : "";

    private void WriteProcesses()
    {
        lock (processes)
        {
            var list = new JsonObject
            {
                ["processes"] = new JsonArray([.. processes.Select(process => new JsonObject
                {
                    ["target"] = process.Plan.Target,
                    ["replica"] = process.Plan.Replica,
                    ["processId"] = process.ProcessId,
                    ["grpc"] = process.Plan.Grpc.ToString(),
                    ["http"] = process.Plan.Http.ToString(),
                })]),
            };
            try
            {
                DataFolder.WritePrivate(ProcessesFile, list.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            }
            catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
            {
                // A full disk, say: the processes matter more than the list of them, and the next change writes it again.
                printer.Plain($"{ProcessesFile} could not be written: {unwritten.Message}");
            }
        }
    }

    private static Uri Loopback(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    private static IPEndPoint EndPoint(Uri address) => new(IPAddress.Parse(address.Host), address.Port);
}
