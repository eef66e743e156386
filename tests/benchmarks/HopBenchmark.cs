using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Relais.AppHost.Local;
using Relais.Common.Data;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts.Channels;

namespace Relais.Benchmarks;

/// <summary>
/// What an event takes from the commit of its publisher to the commit of its consumer's effect, and how many a second get
/// through: by RabbitMQ between targets on PostgreSQL, and by the process-local dispatcher between targets on SQLite. Both
/// targets, the load and the servers share this machine; everything is as durable as in production.
/// </summary>
internal static class HopBenchmark
{
    // Conversations that speak in turn.
    private const int Keys = 100;

    private const int Publishers = 64;

    public static async Task RunAsync(CommandLine options)
    {
        var (rate, seconds) = (options.Whole("rate", 200, 1, 100_000), options.Whole("seconds", 10, 1, 3_600));
        var consumers = new MessagingOptions();
        (consumers.ConsumerConcurrency, consumers.Prefetch) = (
            options.Whole("concurrency", consumers.ConsumerConcurrency, 1, 1_000), options.Whole("prefetch", consumers.Prefetch, 1, 10_000));
        options.RefuseOthers();
        var root = Directory.CreateTempSubdirectory("relais-hop-").FullName;
        try
        {
            await MeasureAsync("process-local dispatcher, SQLite", root, $"Data Source={root}/{{0}}.db", null, consumers, rate, seconds);
            if (RabbitMqServer.IsInstalled && PostgresServer.IsInstalled)
            {
                await using var broker = await RabbitMqServer.StartAsync(Path.Combine(root, "rabbitmq"), null, CancellationToken.None);
                await using var postgres = await PostgresServer.StartAsync(Path.Combine(root, "postgres"));
                foreach (var name in new[] { HopTarget.Publisher, HopTarget.Consumer })
                    await CreateDatabaseAsync(postgres.ConnectionTo("postgres"), name);
                await MeasureAsync(string.Create(CultureInfo.InvariantCulture, $"RabbitMQ, PostgreSQL, {consumers.ConsumerConcurrency} of {consumers.Prefetch}"), root, postgres.ConnectionTo("{0}"), broker.ConnectionString, consumers, rate, seconds);
                Figures.Line("limits for RabbitMQ", "p50 15 ms, p99 60 ms at 200/s; sustained 1000/s");
                NpgsqlConnection.ClearAllPools();
            }
            else
            {
                Figures.Line("RabbitMQ, PostgreSQL", $"skipped: {RabbitMqServer.HowToInstall}; {PostgresServer.HowToInstall}");
            }
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task CreateDatabaseAsync(string server, string name)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await create.ExecuteNonQueryAsync();
    }

    private static async Task MeasureAsync(string what, string root, string database, string? broker, MessagingOptions consumers, int rate, int seconds)
    {
        var hops = new Hops();
        var dispatcher = new LocalDispatcher();
        var hosts = new List<TargetHost>();
        foreach (var name in new[] { HopTarget.Publisher, HopTarget.Consumer })
        {
            var problems = new List<(string Target, string Problem)>();
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                [$"ConnectionStrings:{name}"] = database.Replace("{0}", name, StringComparison.Ordinal),
                ["ConnectionStrings:rabbitmq"] = broker,
                ["Messaging:ConsumerConcurrency"] = consumers.ConsumerConcurrency.ToString(CultureInfo.InvariantCulture),
                ["Messaging:Prefetch"] = consumers.Prefetch.ToString(CultureInfo.InvariantCulture),
                ["Platform:ServiceSecret"] = new('s', 32),
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "None",
            }).Build();
            var host = TargetHost.Build(new HopTarget(name, hops), [], configuration, dispatcher, problems)
                ?? throw new InvalidConfigurationException(problems);
            await host.StartAsync(CancellationToken.None);
            hosts.Add(host);
            while ((await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status != HealthStatus.Healthy)
                await Task.Delay(50);
        }

        dispatcher.Open();
        await SendAsync(hosts[0], hops, 500, null);
        Figures.Milliseconds($"{what}: hop at {rate}/s", await SendAsync(hosts[0], hops, rate * seconds, rate));
        var began = Stopwatch.GetTimestamp();
        var waited = await SendAsync(hosts[0], hops, 1_000 * seconds, null);
        Figures.Number($"{what}: sustained by {Publishers} publishers", waited.Count / Stopwatch.GetElapsedTime(began).TotalSeconds, "events/s");
        foreach (var host in hosts)
        {
            await host.StopAsync(CancellationToken.None);
            await host.DisposeAsync();
        }
    }

    /// <returns>What each event took, in milliseconds, once all have had their effect.</returns>
    private static async Task<List<double>> SendAsync(TargetHost publisher, Hops hops, int count, int? rate)
    {
        hops.Begin(count);
        var began = Stopwatch.GetTimestamp();
        var next = -1;
        var keys = Enumerable.Range(0, Keys).Select(_ => Guid.NewGuid()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(_ => Task.Run(async () =>
        {
            for (int sequence; (sequence = Interlocked.Increment(ref next)) < count;)
            {
                if (rate is { } limit)
                {
                    var early = TimeSpan.FromSeconds((double)sequence / limit) - Stopwatch.GetElapsedTime(began);
                    if (early > TimeSpan.Zero)
                        await Task.Delay(early);
                }

                await PublishAsync(publisher, hops, keys[sequence % Keys], sequence);
            }
        })));
        return await hops.AllAsync();
    }

    private static async Task PublishAsync(TargetHost publisher, Hops hops, Guid key, int sequence)
    {
        await using var scope = publisher.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(HopTarget.Tenant, "benchmark");
        var db = scope.ServiceProvider.GetRequiredService<HopDb>();
        var unit = scope.ServiceProvider.GetRequiredService<UnitOfWork<HopDb>>();
        await unit.WriteAsync<bool>(
            _ =>
            {
                var at = DateTimeOffset.UtcNow;
                db.Publish(new CustomerMessageReceived(key, Guid.NewGuid(), sequence, "How do I change my delivery address?", null, at), at);
                unit.AfterCommit(() => hops.Committed(sequence));
                return Task.FromResult<Outcome<bool>>(true);
            },
            CancellationToken.None);
    }
}

/// <summary>When each event was committed, and when its effect was.</summary>
internal sealed class Hops
{
    private readonly ConcurrentDictionary<int, double> took = new();
    private long[] committed = [];
    private TaskCompletionSource all = new();

    public void Begin(int count)
    {
        took.Clear();
        committed = new long[count];
        all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Committed(int sequence) => Volatile.Write(ref committed[sequence], Stopwatch.GetTimestamp());

    public void Effective(int sequence)
    {
        // The effect can be there before its publisher has come to note the commit.
        var since = Volatile.Read(ref committed[sequence]);
        took.TryAdd(sequence, since == 0 ? 0 : Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        if (took.Count == committed.Length)
            all.TrySetResult();
    }

    public async Task<List<double>> AllAsync()
    {
        await all.Task;
        return [.. took.Values];
    }
}
