using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Relais.AppHost.Client;
using Relais.AppHost.Local;
using Relais.Tests;

namespace Relais.Faults;

/// <summary>
/// The local mode with two replicas of each target, on servers of this run's own, every connection between processes through
/// a network that can be cut.
/// </summary>
internal sealed class LocalStage : IAsyncDisposable
{
    /// <summary>Of each target.</summary>
    public const int Replicas = 2;

    private readonly string folder = Directory.CreateTempSubdirectory("relais-faults-").FullName;
    private PlatformProcess? platform;
    private PublicApi? anonymous;

    private LocalStage()
    {
    }

    /// <summary>What this machine lacks, and how to get it; null when nothing.</summary>
    public static string? Missing => Servers.Missing(new ConfigurationBuilder().Build());

    private static readonly TimeSpan LongestAbsence = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<string> Targets { get; } = [.. Databases.Services, "gateway"];

    /// <summary>After this a lease that is not renewed is somebody else's.</summary>
    public static TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(3);

    public PlatformProcess Platform => platform ?? throw new InvalidOperationException("The platform has not started.");

    public PublicApi Anonymous => anonymous ?? throw new InvalidOperationException("The platform has not started.");

    /// <summary>Whose customers and experts are at work.</summary>
    public string Tenant => (string)Platform.Accounts()["tenant"]!;

    public Network Network { get; } = new();

    public Databases Databases => Databases.OfServer(Postgres.ConnectionString);

    public Broker Broker => new(RabbitMq.ConnectionString);

    public PostgresServer Postgres { get; private set; } = null!;

    public RedisServer Redis { get; private set; } = null!;

    public RabbitMqServer RabbitMq { get; private set; } = null!;

    /// <summary>Where PostgreSQL has its data; null where nothing can be mounted.</summary>
    public SmallDisk? Disk { get; private set; }

    /// <summary>Every process of the platform, as the launcher lists them.</summary>
    public IReadOnlyList<TargetReplica> Processes => TargetReplica.Read(Data);

    private string Data => Path.Combine(folder, "data");

    public static async Task<LocalStage> StartAsync(CancellationToken cancellationToken)
    {
        var stage = new LocalStage();
        try
        {
            await stage.StartServersAsync(cancellationToken);
            stage.platform = await PlatformProcess.StartAsync(stage.Settings(), new PlatformMode("local", Replicas), stage.Data);
            stage.anonymous = new PublicApi(stage.platform.Address);
            return stage;
        }
        catch
        {
            // Nothing that was started may stay behind.
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A replica that can be harmed: the launcher may be starting it again just now.</summary>
    public async Task<TargetReplica> RunningAsync(string target, int replica, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Processes.FirstOrDefault(process => process.Target == target && process.Replica == replica) is { IsRunning: true } running)
                return running;
            if (Stopwatch.GetElapsedTime(began) > LongestAbsence)
                throw new FaultException($"{TargetReplica.NameOf(target, replica)} was not started again within {LongestAbsence.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        anonymous?.Dispose();
        if (platform is not null)
            await platform.DisposeAsync();
        await Network.DisposeAsync();
        foreach (IAsyncDisposable? server in new IAsyncDisposable?[] { RabbitMq, Redis, Postgres, Disk })
        {
            if (server is not null)
                await server.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    private async Task StartServersAsync(CancellationToken cancellationToken)
    {
        Disk = await SmallDisk.MountAsync(Path.Combine(folder, "disk"), cancellationToken);
        var settings = new Dictionary<string, string>
        {
            ["max_connections"] = "400",
            // The log must not fill the small disk by itself.
            ["max_wal_size"] = "128MB",
        };
        await Task.WhenAll(
            StartAsync(async () => Postgres = await PostgresServer.StartAsync(Path.Combine(folder, "disk", "postgres"), settings, cancellationToken)),
            StartAsync(async () => Redis = await RedisServer.StartAsync(Path.Combine(folder, "redis"), cancellationToken)),
            StartAsync(async () => RabbitMq = await RabbitMqServer.StartAsync(Path.Combine(folder, "rabbitmq"), port: null, cancellationToken)));

        Task StartAsync(Func<Task> start) => Task.Run(start, cancellationToken);
    }

    private Dictionary<string, string> Settings()
    {
        var postgres = new NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { Port = Network.Open("postgres", () => Postgres.Port) };
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__postgres"] = postgres.ToString(),
            ["ConnectionStrings__redis"] = Elsewhere(Redis.ConnectionString, Redis.Port, Network.Open("redis", () => Redis.Port)),
            ["ConnectionStrings__rabbitmq"] = Elsewhere(RabbitMq.ConnectionString, RabbitMq.Port, Network.Open("rabbitmq", () => RabbitMq.Port)),
            ["Identity__PasswordIterations"] = "10000",
            ["Coordination__LeaseDuration"] = LeaseDuration.ToString("c", CultureInfo.InvariantCulture),
            // So many processes that start at once on a small machine keep each other waiting.
            ["Database__StartPatience"] = "00:05:00",
            // What an expert missed while the platform was not well goes on soon.
            ["Routing__OfferTimeout"] = "00:00:08",
            // A poisoned event is given up after 13 s instead of minutes.
            ["Messaging__MostAttempts"] = "8",
        };
        foreach (var target in Targets)
        {
            for (var replica = 1; replica <= Replicas; replica++)
            {
                var (of, number) = (target, replica);
                var port = Network.Open(TargetReplica.NameOf(of, number), () => Processes.FirstOrDefault(process => process.Target == of && process.Replica == number)?.Grpc.Port);
                settings[string.Create(CultureInfo.InvariantCulture, $"services__{target}__grpc__{replica - 1}")] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
            }
        }

        return settings;
    }

    private static string Elsewhere(string connection, int from, int to) => connection.Replace(
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{from}"), string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{to}"), StringComparison.Ordinal);
}
