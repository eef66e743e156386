using System.Net;
using Relais.AppHost.Demo;
using Relais.AppHost.Embedded;
using Relais.Common.Hosting;

namespace Relais.AppHost.Local;

/// <summary>Runs the platform as processes of this machine, with real servers, until SIGTERM or Ctrl-C.</summary>
internal static class LocalCommand
{
    public const int MostReplicas = 9;

    private const int Interrupted = 130;

    public static async Task<int> RunAsync(DataFolder folder, int port, int replicas)
    {
        using var _ = folder;
        PublicAddress.RequireFree(new IPEndPoint(IPAddress.Loopback, port));
        LoopbackPorts.Leave(port);
        using var shutdown = new ShutdownSignals();
        var printer = Printer.ForConsole(labelWidth: "knowledge".Length + (replicas > 1 ? 2 : 0));
        try
        {
            var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
            await using var servers = await Servers.StartAsync(folder, configuration, printer, shutdown.Token);
            await using var platform = await LocalPlatform.StartAsync(
                folder, port, replicas, Merge(servers.Settings, DemoTenant.Settings(folder), Detours(configuration)), printer, shutdown.Token);
            printer.Plain($"Relais is ready at {platform.Address.GetLeftPart(UriPartial.Authority)}, gRPC at {platform.GrpcAddress.GetLeftPart(UriPartial.Authority)}");
            printer.Plain($"Its processes are listed in {platform.ProcessesFile}");
            await DemoTenant.FillAsync(folder, servers.Store, platform.Address, shutdown.Token);
            printer.Plain($"The demo tenant is ready: its accounts are in {folder.AccountsFile}");
            await shutdown.WaitAsync();
            await platform.StopAsync();
            return 0;
        }
        catch (OperationCanceledException) when (shutdown.Token.IsCancellationRequested)
        {
            // Asked to end before it was ready; everything that had started has ended in order.
            return Interrupted;
        }
    }

    // Such as services__tickets__grpc__0: an address before that replica, to watch its calls or to cut it off.
    private static Dictionary<string, string?> Detours(IConfiguration configuration) =>
        configuration.GetSection("services").AsEnumerable().Where(setting => setting.Value is not null).ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, string?> Merge(params IEnumerable<IReadOnlyDictionary<string, string?>> parts) =>
        parts.SelectMany(part => part).ToDictionary(StringComparer.Ordinal);
}
