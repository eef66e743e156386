using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Relais.AppHost.Embedded;

namespace Relais.AppHost.Local;

/// <summary>
/// A RabbitMQ node of this installation's own: everything it keeps is in one folder, it listens on loopback alone, and it
/// knows of no other node. Folder and port outlive a restart of the node.
/// </summary>
internal sealed class RabbitMqServer : IAsyncDisposable
{
    public const string HowToInstall = "RabbitMQ is not installed: apt-get install rabbitmq-server";

    /// <summary>In its folder; has the numbers of its processes, the node first.</summary>
    public const string PidFile = "pid";

    private const string User = "relais";

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(90);

    private readonly string program;
    private readonly string folder;
    private readonly int epmdPort;
    private readonly int distributionPort;
    private readonly string password;
    private Process? epmd;
    private Process? node;

    private RabbitMqServer(string program, string folder, int port)
    {
        this.program = program;
        this.folder = folder;
        Port = port;
        epmdPort = LoopbackPorts.Next();
        distributionPort = LoopbackPorts.Next();
        password = ReadPassword(Path.Combine(folder, "password"));
    }

    /// <summary>Whether this machine has the server.</summary>
    public static bool IsInstalled => FindProgram() is not null;

    public int Port { get; }

    /// <summary>For <c>ConnectionStrings:rabbitmq</c>.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"amqp://{User}:{password}@127.0.0.1:{Port}/");

    /// <summary>The process of the node, for tests that suspend it.</summary>
    public int ProcessId => node?.Id ?? throw new InvalidOperationException("The node does not run.");

    private string LogFile => Path.Combine(folder, "log", "rabbit.log");

    /// <summary>Starts a node that keeps what it has in <paramref name="folder"/> and waits until it takes connections.</summary>
    /// <param name="port">Where it listens; null for a free port.</param>
    /// <exception cref="IOException">The server is not installed or does not start; the message tells why.</exception>
    public static async Task<RabbitMqServer> StartAsync(string folder, int? port, CancellationToken cancellationToken)
    {
        var program = FindProgram() ?? throw new IOException(HowToInstall);
        folder = Path.GetFullPath(folder);
        DataFolder.CreatePrivate(folder);
        Directory.CreateDirectory(Path.Combine(folder, "log"));
        await EndLeftOverAsync(folder, cancellationToken);
        var server = new RabbitMqServer(program, folder, port ?? LoopbackPorts.Next());
        try
        {
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            // Whoever waits hears why; nothing of a half-started node may stay.
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the node again after it was stopped or killed.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "rabbitmq.conf"), Configuration(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "enabled_plugins"), "[].", cancellationToken);
        epmd ??= Start("epmd", ["-port", epmdPort.ToString(CultureInfo.InvariantCulture), "-address", "127.0.0.1"], []);
        node = Start(program, [], new()
        {
            ["HOME"] = folder,
            // The script then becomes the node, so that signals reach it.
            ["RUNNING_UNDER_SYSTEMD"] = "1",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["ERL_EPMD_PORT"] = epmdPort.ToString(CultureInfo.InvariantCulture),
            // The name is part of the data; it is free, since this node's epmd knows no other.
            ["RABBITMQ_NODENAME"] = "relais@localhost",
            ["RABBITMQ_DIST_PORT"] = distributionPort.ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "no-environment-file"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
            ["RABBITMQ_MNESIA_DIR"] = Path.Combine(folder, "data"),
            ["RABBITMQ_MNESIA_BASE"] = folder,
            ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_LOGS"] = LogFile,
            // No busy waiting: the node shares its processors. +B i leaves Ctrl-C to whoever runs the node.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+sbwt none +sbwtdcpu none +sbwtdio none +B i -kernel inet_dist_use_interface {127,0,0,1}",
        });
        await File.WriteAllTextAsync(Path.Combine(folder, PidFile), string.Create(CultureInfo.InvariantCulture, $"{node.Id} {epmd.Id}"), cancellationToken);
        await AwaitReadyAsync(cancellationToken);
    }

    /// <summary>Has the node close its queues and end.</summary>
    public async Task StopAsync()
    {
        if (node is null)
            return;
        if (!node.HasExited)
        {
            using var signal = Process.Start("kill", ["-TERM", node.Id.ToString(CultureInfo.InvariantCulture)]);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await node.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // Its journals are as durable as after a power failure.
                node.Kill(entireProcessTree: true);
            }
        }

        node.Dispose();
        node = null;
    }

    /// <summary>Ends the node at once, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (node is null)
            return;
        node.Kill(entireProcessTree: true);
        await node.WaitForExitAsync();
        node.Dispose();
        node = null;
    }

    /// <summary>Stops the node; the folder stays.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (epmd is not null)
        {
            epmd.Kill();
            await epmd.WaitForExitAsync();
            epmd.Dispose();
            epmd = null;
        }

        File.Delete(Path.Combine(folder, PidFile));
    }

    // Debian's /usr/sbin/rabbitmq-server changes the user and the folder; the script behind it does not.
    private static string? FindProgram() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Prepend("/usr/lib/rabbitmq/bin")
        .Select(path => Path.Combine(path, "rabbitmq-server"))
        .FirstOrDefault(File.Exists);

    // A launcher that was killed leaves its node behind, and two nodes must not share a folder.
    private static async Task EndLeftOverAsync(string folder, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, PidFile);
        if (!File.Exists(file))
            return;
        foreach (var id in (await File.ReadAllTextAsync(file, cancellationToken)).Split(' '))
        {
            var environment = $"/proc/{id}/environ";
            if (!File.Exists(environment) || !(await File.ReadAllTextAsync(environment, cancellationToken)).Contains($"HOME={folder}\0", StringComparison.Ordinal))
                continue;
            using var left = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
            left.Kill(entireProcessTree: true);
            await left.WaitForExitAsync(cancellationToken);
        }
    }

    private static string ReadPassword(string file)
    {
        if (!File.Exists(file))
            DataFolder.WritePrivate(file, DataFolder.NewSecret());
        return File.ReadAllText(file);
    }

    private string Configuration() => string.Create(CultureInfo.InvariantCulture, $"""
        listeners.tcp.1 = 127.0.0.1:{Port}
        default_user = {User}
        default_pass = {password}
        log.file.level = warning
        # The journal of all quorum queues is kept in memory too until it is this long.
        raft.wal_max_size_bytes = 33554432
        """) + "\n";

    private Process Start(string file, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = folder;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new IOException($"{file} did not start.");
        // Its log says the same; an unread pipe would block it.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task AwaitReadyAsync(CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(cancellationToken))
        {
            if (node!.HasExited || Stopwatch.GetElapsedTime(since) > LongestStart)
                throw new IOException($"RabbitMQ {(node.HasExited ? "ended" : "did not answer")} while it started; its log: {LogFile}");
            await Task.Delay(50, cancellationToken);
        }
    }

    // It listens before it takes connections; the start of the AMQP handshake (a method frame, type 1) tells.
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, patience.Token);
            await client.GetStream().WriteAsync("AMQP\0\0\t\u0001"u8.ToArray(), patience.Token);
            var first = new byte[1];
            return await client.GetStream().ReadAsync(first, patience.Token) == 1 && first[0] == 1;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException || (notYet is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It still starts.
            return false;
        }
    }
}
