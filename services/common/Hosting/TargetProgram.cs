using Microsoft.Extensions.Configuration;
using Relais.Common.Messaging;

namespace Relais.Common.Hosting;

/// <summary>A process that runs one target.</summary>
public static class TargetProgram
{
    /// <summary>Exit code of a configuration that cannot run (EX_CONFIG of sysexits.h).</summary>
    public const int InvalidConfiguration = 78;

    /// <summary>Runs until SIGTERM or Ctrl-C; a wrong configuration is reported whole and ends with <see cref="InvalidConfiguration"/>.</summary>
    public static async Task<int> RunAsync(ServiceTarget target, string[] args, IEventTransport transport)
    {
        var problems = new List<(string Target, string Problem)>();
        await using var host = TargetHost.Build(target, args, null, transport, problems);
        if (host is null)
        {
            await Console.Error.WriteLineAsync(new InvalidConfigurationException(problems).Message);
            return InvalidConfiguration;
        }

        using var telemetry = Telemetry.Start(new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build(), target.Name);
        using var shutdown = new ShutdownSignals();
        await host.StartAsync(shutdown.Token);
        if (transport is LocalDispatcher local)
            local.Open();
        await shutdown.WaitAsync();
        await host.StopAsync(CancellationToken.None);
        return 0;
    }
}
