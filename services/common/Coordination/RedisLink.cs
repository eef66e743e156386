using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Relais.Common.Coordination;

/// <summary>
/// The way to Redis, which may be away at any time. Nobody waits for it: while it is away every command is answered at once
/// with nothing. It is asked every half second whether it answers and delivers; a connection that does neither for long is
/// replaced, since the client library does not always find back by itself.
/// </summary>
internal sealed partial class RedisLink(
    string connectionString, CoordinationOptions options, TimeProvider clock, ILogger<RedisLink> log) : BackgroundService
{
    /// <summary>Keys and channels of the platform begin so.</summary>
    public const string Prefix = "relais:";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Two full reconnects of the library itself.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private static readonly RedisChannel Channel = new(Prefix + "signals", RedisChannel.PatternMode.Literal);

    private readonly string instance = Guid.NewGuid().ToString("N");
    private readonly Meter meter = new("Relais.Coordination");
    private ConnectionMultiplexer? connection;
    private long heardAt;
    private volatile bool isUp;

    /// <summary>Whether Redis answers and delivers.</summary>
    public bool IsUp => isUp;

    /// <summary>A topic that another process has raised.</summary>
    public event Action<string>? Heard;

    /// <summary>Redis is there, or is not any more; what was raised around this moment may be lost.</summary>
    public event Action? Changed;

    /// <summary>What is wrong with a connection string; null where nothing is.</summary>
    public static string? Problem(string connectionString)
    {
        try
        {
            _ = ConfigurationOptions.Parse(connectionString);
            // HOST:PORT, and options as NAME=VALUE.
            return connectionString.Split(',').All(part => part.Contains('=', StringComparison.Ordinal)) ? "names no server." : null;
        }
        catch (ArgumentException problem)
        {
            return $"cannot be read: {problem.Message}";
        }
    }

    /// <summary>Runs a command where Redis is there, and gives <paramref name="otherwise"/> where it is not or takes too long.</summary>
    public async ValueTask<T> AskAsync<T>(Func<IDatabase, Task<T>> command, T otherwise, CancellationToken cancellationToken)
    {
        if (!isUp || connection is not { } current)
            return otherwise;
        try
        {
            return await command(current.GetDatabase()).WaitAsync(options.RedisTimeout, clock, cancellationToken);
        }
        catch (Exception failure) when (IsAway(failure))
        {
            // Lost meanwhile; the next look tells the others.
            return otherwise;
        }
    }

    /// <summary>Tells the other processes of a topic; nobody hears it while Redis is away.</summary>
    public void Tell(string topic)
    {
        if (isUp && connection is { } current)
            Publish(current, topic);
    }

    public override void Dispose()
    {
        base.Dispose();
        meter.Dispose();
        Discard();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        meter.CreateObservableGauge("relais.redis.up", () => isUp ? 1 : 0, "{connection}", "1 while Redis answers and delivers.");
        var silentSince = clock.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            do
            {
                if (await LookAsync(stoppingToken))
                {
                    silentSince = clock.GetTimestamp();
                }
                else if (clock.GetElapsedTime(silentSince) > LongestSilence)
                {
                    Discard();
                    silentSince = clock.GetTimestamp();
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process drains.
        }
    }

    private async Task<bool> LookAsync(CancellationToken stop)
    {
        try
        {
            var current = connection ?? await ConnectAsync(stop);
            await current.GetDatabase().PingAsync().WaitAsync(options.RedisTimeout * 2, clock, stop);
            // Commands and subscriptions use different connections: what is published here must come back.
            Publish(current, "");
            var heard = Volatile.Read(ref heardAt);
            var delivers = heard != 0 && clock.GetElapsedTime(heard) < Interval * 4;
            if (delivers && !isUp)
            {
                isUp = true;
                LogUp();
                Changed?.Invoke();
            }
            else if (!delivers)
            {
                GoDown("it answers, but does not deliver");
            }

            return delivers;
        }
        catch (Exception failure) when (IsAway(failure))
        {
            GoDown(failure.Message);
            return false;
        }
    }

    private void GoDown(string reason)
    {
        if (!isUp)
            return;
        isUp = false;
        LogDown(reason);
        Changed?.Invoke();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(CancellationToken stop)
    {
        var configuration = ConfigurationOptions.Parse(connectionString);
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = 2_000;
        configuration.KeepAlive = 5;
        configuration.ClientName = "relais";
        var connecting = ConnectionMultiplexer.ConnectAsync(configuration);
        ConnectionMultiplexer made;
        try
        {
            made = await connecting.WaitAsync(LongestSilence, clock, stop);
        }
        catch (Exception)
        {
            // Whenever it comes into being after all, nobody wants it any more.
            _ = DisposeLateAsync(connecting);
            throw;
        }

        connection = made;
        Volatile.Write(ref heardAt, 0);
        await made.GetSubscriber().SubscribeAsync(Channel, (_, message) => Take(message)).WaitAsync(options.RedisTimeout * 2, clock, stop);
        return made;
    }

    private static async Task DisposeLateAsync(Task<ConnectionMultiplexer> connecting) => (await connecting).Close(allowCommandsToComplete: false);

    private void Take(string? message)
    {
        if (message is null || message.IndexOf('\n', StringComparison.Ordinal) is not (>= 0 and var separator))
            return;
        if (message.AsSpan(0, separator).SequenceEqual(instance))
            Volatile.Write(ref heardAt, clock.GetTimestamp());
        else if (separator + 1 < message.Length)
            Heard?.Invoke(message[(separator + 1)..]);
    }

    private void Publish(ConnectionMultiplexer current, string topic)
    {
        try
        {
            // Its failure is the next look's to find.
            _ = current.GetSubscriber().PublishAsync(Channel, $"{instance}\n{topic}", CommandFlags.FireAndForget);
        }
        catch (Exception failure) when (IsAway(failure))
        {
            // Signals may be lost; whoever waits looks for itself before long.
        }
    }

    private void Discard()
    {
        isUp = false;
        if (Interlocked.Exchange(ref connection, null) is { } old)
        {
            // Closing waits for the server, which may be the one that does not answer.
            _ = Task.Run(() => old.Close(allowCommandsToComplete: false));
        }
    }

    private static bool IsAway(Exception failure) =>
        failure is RedisConnectionException or RedisTimeoutException or RedisServerException or TimeoutException or ObjectDisposedException
            or System.Net.Sockets.SocketException or IOException;

    [LoggerMessage(EventId = 1301, EventName = "redis_up", Level = LogLevel.Information, Message = "Redis answers")]
    private partial void LogUp();

    [LoggerMessage(EventId = 1302, EventName = "redis_down", Level = LogLevel.Warning, Message = "Redis is away: {Reason}. Nothing is lost; signals between replicas come later until it is back")]
    private partial void LogDown(string reason);
}
