using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Relais.AppHost.Embedded;

namespace Relais.AppHost.Local;

/// <summary>
/// A Redis of Relais' own, on a free port of 127.0.0.1 behind a generated password. It keeps nothing on disk, since nothing
/// that matters lives in Redis alone. It runs apart from this process, and one that was left behind is taken over.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>What to tell who lacks it.</summary>
    public const string HowToInstall = "Redis is not installed: apt-get install redis-server";

    /// <summary>In its folder; has the number of its process.</summary>
    public const string PidFile = "redis.pid";

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(20);

    private readonly string folder;
    private readonly string password;

    private RedisServer(string folder, int port, string password)
    {
        this.folder = folder;
        this.password = password;
        Port = port;
    }

    public static bool IsInstalled => InstalledProgram.Find("redis-server") is not null;

    public int Port { get; }

    public int ProcessId => int.Parse(File.ReadAllText(Path.Combine(folder, PidFile)), CultureInfo.InvariantCulture);

    /// <summary>As <c>ConnectionStrings:redis</c> wants it.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port},password={password}");

    private string Configuration => Path.Combine(folder, "redis.conf");

    /// <summary>Starts a server in the folder, which is made where it is not there.</summary>
    /// <exception cref="IOException">Redis is not installed or does not start; the message says why.</exception>
    public static async Task<RedisServer> StartAsync(string folder, CancellationToken cancellationToken = default)
    {
        if (!IsInstalled)
            throw new IOException(HowToInstall);
        folder = Path.GetFullPath(folder);
        DataFolder.CreatePrivate(folder);
        if (FindRunning(folder) is { } left && await left.AnswersAsync(cancellationToken))
            return left;
        var server = new RedisServer(folder, LoopbackPorts.Next(), DataFolder.NewSecret());
        DataFolder.WritePrivate(server.Configuration, string.Create(CultureInfo.InvariantCulture, $"""
            bind 127.0.0.1
            port {server.Port}
            requirepass {server.password}
            dir "{folder}"
            pidfile "{Path.Combine(folder, PidFile)}"
            logfile "{Path.Combine(folder, "server.log")}"
            daemonize yes
            save ""
            appendonly no

            """));
        // A moment's matter, and one that does not answer yet could not be told to end.
        await server.StartAgainAsync(CancellationToken.None);
        return server;
    }

    /// <summary>Starts it on the port that it had, empty.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        await InstalledProgram.RunAsync(InstalledProgram.Find("redis-server")!, [Configuration], cancellationToken);
        await UntilAsync(answers: true, cancellationToken);
    }

    /// <summary>Stops it; what it held is gone.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (!await AnswersAsync(cancellationToken))
            return;
        await SayAsync("SHUTDOWN NOSAVE", cancellationToken);
        await UntilAsync(answers: false, cancellationToken);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellationToken = default)
    {
        using (var process = Process.GetProcessById(ProcessId))
            process.Kill();
        await UntilAsync(answers: false, cancellationToken);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Has the server carry out a command of words without spaces, such as <c>FLUSHALL</c>.</summary>
    /// <returns>The first line of its answer; null where it does not answer.</returns>
    public async Task<string?> SayAsync(string command, CancellationToken cancellationToken = default)
    {
        try
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync("127.0.0.1", Port, cancellationToken);
            await using var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\n{command}\r\n"), cancellationToken);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadLineAsync(cancellationToken) == "+OK" ? await reader.ReadLineAsync(cancellationToken) : null;
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            // Nobody listens there, or not any more.
            return null;
        }
    }

    private static RedisServer? FindRunning(string folder)
    {
        var configuration = Path.Combine(folder, "redis.conf");
        if (!File.Exists(configuration))
            return null;
        var words = File.ReadLines(configuration).Select(line => line.Split(' ', 2)).Where(line => line.Length == 2)
            .ToLookup(line => line[0], line => line[1], StringComparer.Ordinal);
        return int.TryParse(words["port"].FirstOrDefault(), CultureInfo.InvariantCulture, out var port) && words["requirepass"].FirstOrDefault() is { } password
            ? new RedisServer(folder, port, password)
            : null;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken) => await SayAsync("PING", cancellationToken) == "+PONG";

    private async Task UntilAsync(bool answers, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (await AnswersAsync(cancellationToken) != answers)
        {
            if (Stopwatch.GetElapsedTime(began) > LongestStart)
                throw new IOException($"Redis {(answers ? "does not answer" : "does not stop")}: {Path.Combine(folder, "server.log")}");
            await Task.Delay(20, cancellationToken);
        }
    }
}
