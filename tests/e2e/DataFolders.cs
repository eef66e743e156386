using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relais.AppHost.Client;

namespace Relais.EndToEnd;

/// <summary>Where the platform keeps its data and listens.</summary>
public sealed class DataFolders : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("relais-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

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
