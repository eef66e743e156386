using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relais.AppHost.Client;
using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>One data folder and one port, in both modes.</summary>
public sealed class DataFolders : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Folder_of_one_mode_has_a_demo_in_the_other_too_and_its_accounts_are_those_of_the_mode_that_runs()
    {
        var local = new PlatformMode("local");
        if (local.Missing is { } missing)
            Assert.Skip(missing);
        foreach (var mode in new[] { PlatformMode.Embedded, local, PlatformMode.Embedded })
        {
            await using var platform = await PlatformProcess.StartAsync(mode: mode, folder: folder);
            using var anonymous = new PublicApi(platform.Address);
            using var expert = await platform.SignInAsync(anonymous, "expert", Stop);
        }
    }

    [Fact]
    public async Task Local_mode_at_a_port_that_is_taken_is_refused_with_the_reason_before_anything_starts()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("dotnet", [typeof(PublicApi).Assembly.Location, "--mode", "local", "--data", folder, "--port", port]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"127.0.0.1:{port} cannot be listened on", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "postgres")));
    }
}
