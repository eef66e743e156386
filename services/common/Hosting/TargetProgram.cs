using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Relais.Common.Data;

namespace Relais.Common.Hosting;

/// <summary>A process that runs one target.</summary>
public static class TargetProgram
{
    /// <summary>Exit code of a configuration that cannot run (EX_CONFIG of sysexits.h).</summary>
    public const int InvalidConfiguration = 78;

    /// <summary>Exit code of a process that nobody asked to end: something that must run all the time has failed (EX_SOFTWARE of sysexits.h).</summary>
    public const int EndedUnasked = 70;

    /// <summary>
    /// Runs until SIGTERM or Ctrl-C, or only migrates when that is the first argument. A wrong configuration is reported
    /// whole and ends with <see cref="InvalidConfiguration"/>, an address that is taken with 1. A target that ends by itself ends the process, with
    /// <see cref="EndedUnasked"/>, so that whoever looks after it starts another.
    /// </summary>
    public static async Task<int> RunAsync(ServiceTarget target, string[] args)
    {
        if (args is [TargetMigration.Command, .. var others])
            return await MigrateAsync(target, others);
        var problems = new List<(string Target, string Problem)>();
        await using var host = TargetHost.Build(target, args, null, null, problems);
        if (host is null)
        {
            await Console.Error.WriteLineAsync(new InvalidConfigurationException(problems).Message);
            return InvalidConfiguration;
        }

        using var telemetry = Telemetry.Start(new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build(), target.Name);
        using var shutdown = new ShutdownSignals();
        try
        {
            await host.StartAsync(shutdown.Token);
        }
        catch (SchemaBehindException behind)
        {
            await Console.Error.WriteLineAsync(behind.Message);
            return InvalidConfiguration;
        }
        catch (OperationCanceledException) when (shutdown.Token.IsCancellationRequested)
        {
            // Asked to end before it was ready.
            return 0;
        }
        catch (Exception refused) when (refused is IOException { InnerException: AddressInUseException } or SocketException)
        {
            await Console.Error.WriteLineAsync($"{target.Name} cannot listen: {refused.Message}");
            return 1;
        }

        var wasAsked = await shutdown.WaitAsync(host.Stopping);
        await host.StopAsync(CancellationToken.None);
        return wasAsked ? 0 : EndedUnasked;
    }

    private static async Task<int> MigrateAsync(ServiceTarget target, string[] args)
    {
        using var shutdown = new ShutdownSignals();
        var problems = new List<(string Target, string Problem)>();
        IReadOnlyList<string> applied;
        try
        {
            applied = await TargetMigration.RunAsync(target, args, null, problems, shutdown.Token);
        }
        catch (Exception unusable) when (unusable is SchemaLockedException || DatabaseTroubles.IsPassing(unusable))
        {
            await Console.Error.WriteLineAsync(unusable.Message);
            return 1;
        }

        if (problems.Count > 0)
        {
            await Console.Error.WriteLineAsync(new InvalidConfigurationException(problems).Message);
            return InvalidConfiguration;
        }

        Console.WriteLine(TargetMigration.Describe(target.Name, applied));
        return 0;
    }
}
