using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Relais.Contract.Hosting;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace Relais.Contract.Hosting;

/// <summary>A PostgreSQL of the tests' own, on a free port, started when the first test asks for it.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "relais";

    private readonly Lazy<Task<int>> port;
    private string? folder;

    public PostgresServer() => port = new(StartAsync);

    /// <summary>The connection string of an empty database; skips the test where PostgreSQL is not installed.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        Assert.SkipWhen(Program("initdb") is null, "PostgreSQL is not installed: apt-get install postgresql");
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(Connection(await port.Value, "postgres"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return Connection(await port.Value, name);
    }

    public async ValueTask DisposeAsync()
    {
        if (folder is null)
            return;
        NpgsqlConnection.ClearAllPools();
        await RunAsync("pg_ctl", "stop", "-D", folder, "-m", "immediate", "-s");
        Directory.Delete(folder, recursive: true);
    }

    private async Task<int> StartAsync()
    {
        folder = Path.Combine(Path.GetTempPath(), "relais-postgres-" + Guid.NewGuid().ToString("N"));
        var free = FreePort();
        await RunAsync("initdb", "-D", folder, "-U", User, "-A", "trust", "-E", "UTF8", "--no-sync");
        await RunAsync("pg_ctl", "start", "-D", folder, "-w", "-s", "-l", Path.Combine(folder, "server.log"), "-o",
            string.Create(CultureInfo.InvariantCulture, $"-p {free} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=300"));
        return free;
    }

    private static string Connection(int port, string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username={User};Database={database};Maximum Pool Size=20");

    // PostgreSQL refuses to run as root, and Debian's package brings a user of its own.
    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = Environment.UserName == "root"
            ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", Program(program)!, .. arguments])
            : new ProcessStartInfo(Program(program)!, arguments);
        start.WorkingDirectory = Path.GetTempPath();
        start.RedirectStandardOutput = program == "initdb";
        using var process = Process.Start(start)!;
        if (start.RedirectStandardOutput)
            await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}.");
    }

    private static string? Program(string name) => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetFiles("/usr/lib/postgresql", name, SearchOption.AllDirectories).Max(StringComparer.Ordinal)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(path => Path.Combine(path, name)).FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
