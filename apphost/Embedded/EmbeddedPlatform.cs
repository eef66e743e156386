using System.Globalization;
using Microsoft.Extensions.Configuration;
using Relais.Common.Hosting;
using Relais.Common.Messaging;

namespace Relais.AppHost.Embedded;

/// <summary>
/// Every target in this process, each with its own web application and container, SQLite files under a data folder,
/// events through the process-local dispatcher.
/// </summary>
internal sealed class EmbeddedPlatform : IAsyncDisposable
{
    /// <summary>Where its data is, among what a data folder's platforms use.</summary>
    public const string Store = "sqlite";

    private readonly List<List<TargetHost>> waves;
    private readonly LocalDispatcher dispatcher;
    private readonly IConfigurationRoot addresses;

    private EmbeddedPlatform(List<List<TargetHost>> waves, LocalDispatcher dispatcher, IConfigurationRoot addresses)
    {
        this.waves = waves;
        this.dispatcher = dispatcher;
        this.addresses = addresses;
    }

    /// <summary>The public face.</summary>
    public Uri Address => Gateway.HttpAddress;

    /// <summary>gRPC for partners.</summary>
    public Uri GrpcAddress => Gateway.GrpcAddress;

    /// <summary>For each target, cancelled when it begins to end.</summary>
    public CancellationToken[] Stopping => [.. waves.SelectMany(wave => wave).Select(host => host.Stopping)];

    private TargetHost Gateway => waves[^1].Single(host => host.Name == "gateway");

    /// <summary>Builds every target and starts them in the order of their needs.</summary>
    /// <param name="settings">More configuration, with the same keys as in environment variables.</param>
    /// <exception cref="InvalidConfigurationException">Everything that is wrong with the configuration of all targets.</exception>
    public static async Task<EmbeddedPlatform> StartAsync(
        DataFolder folder, int port, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        var addresses = new ConfigurationBuilder().AddInMemoryCollection().Build();
        var dispatcher = new LocalDispatcher();
        // Building costs most of the start; the targets do it side by side.
        var built = await Task.WhenAll(Targets.All.Select(target => Task.Run(
            () =>
            {
                var problems = new List<(string Target, string Problem)>();
                var configuration = new ConfigurationBuilder()
                    .AddInMemoryCollection(Targets.Settings(folder))
                    .AddInMemoryCollection(Own(target.Name, folder, port))
                    .AddInMemoryCollection(settings)
                    .AddConfiguration(addresses)
                    .Build();
                return (Target: target, Host: TargetHost.Build(target, [], configuration, dispatcher, problems), Problems: problems);
            },
            cancellationToken)));
        var problems = built.SelectMany(entry => entry.Problems).ToList();
        if (problems.Count > 0)
            throw new InvalidConfigurationException(problems);
        var hosts = built.ToDictionary(entry => entry.Target.Name, entry => entry.Host!, StringComparer.Ordinal);
        var platform = new EmbeddedPlatform([.. Targets.Waves.Select(wave => wave.Select(target => hosts[target.Name]).ToList())], dispatcher, addresses);
        await platform.StartAsync(cancellationToken);
        return platform;
    }

    /// <summary>Stops in the opposite order: the gateway first, so that nobody is refused while others drain.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var wave in Enumerable.Reverse(waves))
            await Task.WhenAll(wave.Select(host => host.StopAsync(cancellationToken)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(waves).SelectMany(wave => wave))
            await host.DisposeAsync();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var wave in waves)
        {
            await Task.WhenAll(wave.Select(host => Task.Run(() => host.StartAsync(cancellationToken), cancellationToken)));
            foreach (var host in wave)
                addresses[$"services:{host.Name}:grpc:0"] = host.GrpcAddress.ToString();
        }

        dispatcher.Open();
    }

    private static Dictionary<string, string?> Own(string target, DataFolder folder, int port)
    {
        var settings = new Dictionary<string, string?>
        {
            [$"ConnectionStrings:{target}"] = $"Data Source={folder.DatabaseOf(target)}",
            ["Listen:Grpc"] = "http://127.0.0.1:0",
            ["Listen:Http"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{(target == "gateway" ? port : 0)}"),
        };
        if (target == "identity")
            settings["Identity:MasterKey"] = folder.Secrets.MasterKey;
        return settings;
    }
}
