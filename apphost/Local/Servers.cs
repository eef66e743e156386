using System.Globalization;
using Npgsql;
using Relais.AppHost.Embedded;
using Relais.Common.Hosting;

namespace Relais.AppHost.Local;

/// <summary>
/// PostgreSQL, Redis and RabbitMQ: those that <c>ConnectionStrings__postgres</c>, <c>__redis</c> and <c>__rabbitmq</c>
/// name, else servers of the data folder's own, which this machine must have installed.
/// </summary>
internal sealed class Servers : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> own = [];
    private readonly List<OrphanGuard> guards = [];

    /// <summary>The configuration by which the targets find them.</summary>
    public Dictionary<string, string?> Settings { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the platform's data is, as part of a file's name: in the folder's own PostgreSQL, or in the one that is named.</summary>
    public string Store { get; private set; } = "postgres";

    /// <summary>Names or starts all three, and brings the databases to this version.</summary>
    /// <exception cref="IOException">One is neither named nor installed, or does not start; the message says what to do.</exception>
    public static async Task<Servers> StartAsync(DataFolder folder, IConfiguration configuration, Printer printer, CancellationToken cancellationToken)
    {
        if (Missing(configuration) is { } missing)
            throw new IOException(missing);
        var servers = new Servers();
        try
        {
            await Task.WhenAll(
                servers.UsePostgresAsync(folder, configuration, printer, cancellationToken),
                servers.UseAsync("redis", configuration, printer, () => servers.StartRedisAsync(folder, cancellationToken)),
                servers.UseAsync("rabbitmq", configuration, printer, () => servers.StartRabbitMqAsync(folder, cancellationToken)));
            return servers;
        }
        catch
        {
            // Whichever did not start, the others must not stay behind.
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>What this machine and the configuration lack for the local mode, and how to get it; null when nothing.</summary>
    public static string? Missing(IConfiguration configuration)
    {
        (string Name, bool IsInstalled, string HowToInstall)[] servers =
        [
            ("postgres", PostgresServer.IsInstalled, PostgresServer.HowToInstall),
            ("redis", RedisServer.IsInstalled, RedisServer.HowToInstall),
            ("rabbitmq", RabbitMqServer.IsInstalled, RabbitMqServer.HowToInstall),
        ];
        var missing = servers.Where(server => !server.IsInstalled && string.IsNullOrEmpty(configuration.GetConnectionString(server.Name))).Select(server => server.HowToInstall).ToList();
        return missing.Count == 0 ? null : $"""
            The local mode needs servers that are not there:
              {string.Join("\n  ", missing)}
            Or name running ones in ConnectionStrings__postgres, ConnectionStrings__redis and ConnectionStrings__rabbitmq.
            """;
    }

    /// <summary>Stops the servers that this process started; what they hold stays in the data folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(own.Select(server => server.DisposeAsync().AsTask()));
        own.Clear();
        guards.ForEach(guard => guard.Dispose());
        guards.Clear();
    }

    // The databases are made while RabbitMQ, which is the slowest, still starts. Whether they are current takes seconds to
    // find out; of a server that belongs to the folder, a file tells.
    private async Task UsePostgresAsync(DataFolder folder, IConfiguration configuration, Printer printer, CancellationToken cancellationToken)
    {
        await UseAsync("postgres", configuration, printer, () => StartPostgresAsync(folder, cancellationToken));
        var isOwn = string.IsNullOrEmpty(configuration.GetConnectionString("postgres"));
        var marker = Path.Combine(folder.Root, "schema-version");
        if (isOwn && File.Exists(marker) && await File.ReadAllTextAsync(marker, cancellationToken) == Version)
            return;
        Dictionary<string, string?> server;
        lock (Settings)
            server = new(Settings, StringComparer.Ordinal);
        await MigrateCommand.MigrateAsync(new ConfigurationBuilder().AddInMemoryCollection(server).Build(), cancellationToken);
        if (isOwn)
        {
            DataFolder.WritePrivate(marker, Version);
            return;
        }

        var named = new NpgsqlConnectionStringBuilder(server["ConnectionStrings:postgres"]);
        Store = Uri.EscapeDataString(string.Create(CultureInfo.InvariantCulture, $"postgres-{named.Host}-{named.Port}-{named.Database}"));
    }

    // Every build has its own.
    private static string Version => string.Join('\n', Targets.All.Select(target => target.GetType()).Append(typeof(ServiceTarget)).Select(type => type.Module.ModuleVersionId));

    private async Task UseAsync(string name, IConfiguration configuration, Printer printer, Func<Task<string>> start)
    {
        var named = configuration.GetConnectionString(name);
        var connection = string.IsNullOrEmpty(named) ? await start() : named;
        lock (Settings)
            Settings[$"ConnectionStrings:{name}"] = connection;
        if (string.IsNullOrEmpty(named))
            printer.Line(name, "started for this platform alone");
    }

    private async Task<string> StartPostgresAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        // Each target keeps a pool of connections, and with two replicas there are twice as many.
        var settings = new Dictionary<string, string> { ["max_connections"] = 400.ToString(CultureInfo.InvariantCulture) };
        return (await OwnAsync(folder, "postgres", PostgresServer.PidFile, "INT", at => PostgresServer.StartAsync(at, settings, cancellationToken))).ConnectionString;
    }

    private async Task<string> StartRedisAsync(DataFolder folder, CancellationToken cancellationToken) =>
        (await OwnAsync(folder, "redis", RedisServer.PidFile, "TERM", at => RedisServer.StartAsync(at, cancellationToken))).ConnectionString;

    private async Task<string> StartRabbitMqAsync(DataFolder folder, CancellationToken cancellationToken) =>
        (await OwnAsync(folder, "rabbitmq", RabbitMqServer.PidFile, "TERM", at => RabbitMqServer.StartAsync(at, port: null, cancellationToken))).ConnectionString;

    private async Task<T> OwnAsync<T>(DataFolder folder, string name, string pidFile, string signal, Func<string, Task<T>> start)
        where T : IAsyncDisposable
    {
        var at = Path.Combine(folder.Root, name);
        lock (own)
            guards.Add(OrphanGuard.Watch(folder.LockFile, at, pidFile, signal));
        var server = await start(at);
        lock (own)
            own.Add(server);
        return server;
    }
}
