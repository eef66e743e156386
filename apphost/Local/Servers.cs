using System.Globalization;
using Relais.AppHost.Embedded;

namespace Relais.AppHost.Local;

/// <summary>
/// PostgreSQL, Redis and RabbitMQ: those that <c>ConnectionStrings__postgres</c>, <c>__redis</c> and <c>__rabbitmq</c>
/// name, else servers of the data folder's own, which this machine must have installed.
/// </summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<(IAsyncDisposable Server, OrphanGuard Guard)> own = [];

    /// <summary>The configuration by which the targets find them.</summary>
    public Dictionary<string, string?> Settings { get; } = new(StringComparer.Ordinal);

    /// <summary>Names or starts all three, and brings the databases to this version.</summary>
    /// <exception cref="IOException">One is neither named nor installed, or does not start; the message says what to do.</exception>
    public static async Task<Servers> StartAsync(DataFolder folder, IConfiguration configuration, Printer printer, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        Miss("postgres", PostgresServer.IsInstalled, PostgresServer.HowToInstall);
        Miss("redis", RedisServer.IsInstalled, RedisServer.HowToInstall);
        Miss("rabbitmq", RabbitMqServer.IsInstalled, RabbitMqServer.HowToInstall);
        if (missing.Count > 0)
            throw new IOException($"The local mode needs servers that are not there:\n  {string.Join("\n  ", missing)}\nOr name running ones in ConnectionStrings__postgres, ConnectionStrings__redis and ConnectionStrings__rabbitmq.");

        var servers = new Servers();
        try
        {
            await Task.WhenAll(
                servers.UsePostgresAsync(folder, configuration, printer, cancellationToken),
                servers.UseAsync("redis", configuration, printer, () => StartRedisAsync(servers, folder, cancellationToken)),
                servers.UseAsync("rabbitmq", configuration, printer, () => StartRabbitMqAsync(servers, folder, cancellationToken)));
            return servers;
        }
        catch
        {
            // Whichever did not start, the others must not stay behind.
            await servers.DisposeAsync();
            throw;
        }

        void Miss(string name, bool isInstalled, string howToInstall)
        {
            if (!isInstalled && string.IsNullOrEmpty(configuration.GetConnectionString(name)))
                missing.Add(howToInstall);
        }
    }

    /// <summary>Stops the servers that this process started; what they hold stays in the data folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(own.Select(async entry =>
        {
            await entry.Server.DisposeAsync();
            entry.Guard.Dispose();
        }));
        own.Clear();
    }

    // The databases are made while RabbitMQ, which is the slowest, still starts.
    private async Task UsePostgresAsync(DataFolder folder, IConfiguration configuration, Printer printer, CancellationToken cancellationToken)
    {
        await UseAsync("postgres", configuration, printer, () => StartPostgresAsync(this, folder, cancellationToken));
        Dictionary<string, string?> server;
        lock (Settings)
            server = new(Settings, StringComparer.Ordinal);
        await MigrateCommand.MigrateAsync(new ConfigurationBuilder().AddInMemoryCollection(server).Build(), cancellationToken);
    }

    private async Task UseAsync(string name, IConfiguration configuration, Printer printer, Func<Task<string>> start)
    {
        var named = configuration.GetConnectionString(name);
        var connection = string.IsNullOrEmpty(named) ? await start() : named;
        lock (Settings)
            Settings[$"ConnectionStrings:{name}"] = connection;
        if (string.IsNullOrEmpty(named))
            printer.Line(name, "started for this platform alone");
    }

    private static async Task<string> StartPostgresAsync(Servers servers, DataFolder folder, CancellationToken cancellationToken)
    {
        // Each target keeps a pool of connections, and with two replicas there are twice as many.
        var settings = new Dictionary<string, string> { ["max_connections"] = 400.ToString(CultureInfo.InvariantCulture) };
        var server = await PostgresServer.StartAsync(Path.Combine(folder.Root, "postgres"), settings, cancellationToken);
        servers.Own(server, OrphanGuard.Watch(folder.LockFile, "INT", server.ProcessId));
        return server.ConnectionString;
    }

    private static async Task<string> StartRedisAsync(Servers servers, DataFolder folder, CancellationToken cancellationToken)
    {
        var server = await RedisServer.StartAsync(Path.Combine(folder.Root, "redis"), cancellationToken);
        servers.Own(server, OrphanGuard.Watch(folder.LockFile, "TERM", server.ProcessId));
        return server.ConnectionString;
    }

    private static async Task<string> StartRabbitMqAsync(Servers servers, DataFolder folder, CancellationToken cancellationToken)
    {
        var server = await RabbitMqServer.StartAsync(Path.Combine(folder.Root, "rabbitmq"), port: null, cancellationToken);
        servers.Own(server, OrphanGuard.Watch(folder.LockFile, "TERM", server.ProcessIds));
        return server.ConnectionString;
    }

    private void Own(IAsyncDisposable server, OrphanGuard guard)
    {
        lock (own)
            own.Add((server, guard));
    }
}
