using Relais.AppHost.Demo;
using Relais.Common.Hosting;

namespace Relais.AppHost.Embedded;

/// <summary>Runs the platform in this process until SIGTERM or Ctrl-C, or until one of its targets ends by itself.</summary>
internal static class EmbeddedCommand
{
    public static async Task<int> RunAsync(DataFolder folder, int port)
    {
        using var _ = folder;
        using var shutdown = new ShutdownSignals();
        using var telemetry = Telemetry.Start(new ConfigurationBuilder().AddEnvironmentVariables().Build(), "relais");
        await using var platform = await EmbeddedPlatform.StartAsync(folder, port, DemoTenant.Settings(folder), shutdown.Token);
        Console.WriteLine($"Relais is ready at {platform.Address.GetLeftPart(UriPartial.Authority)}, gRPC at {platform.GrpcAddress.GetLeftPart(UriPartial.Authority)}");
        await DemoTenant.FillAsync(folder, EmbeddedPlatform.Store, platform.Address, shutdown.Token);
        Console.WriteLine($"The demo tenant is ready: its accounts are in {folder.AccountsFile}");
        var wasAsked = await shutdown.WaitAsync(platform.Stopping);
        await platform.StopAsync(CancellationToken.None);
        return wasAsked ? 0 : TargetProgram.EndedUnasked;
    }
}
