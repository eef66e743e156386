using Relais.Tests;

namespace Relais.EndToEnd;

/// <summary>A platform of one replica of each target that the tests of a collection may end, and the collector that its telemetry goes to.</summary>
public abstract class OwnPlatform : IAsyncDisposable
{
    private readonly PlatformMode mode;
    private FakeCollector? collector;
    private PlatformProcess? process;

    private protected OwnPlatform(PlatformMode mode) => this.mode = mode;

    internal FakeCollector Collector => collector ?? throw new InvalidOperationException("The collector has not started.");

    internal PlatformProcess Process => process ?? throw new InvalidOperationException("The platform has not started.");

    /// <summary>Completes when the platform runs, again if a test left it ended; skips the test where this machine lacks what the mode needs.</summary>
    internal async ValueTask RunsAsync()
    {
        if (mode.Missing is { } missing)
            Assert.Skip(missing);
        collector ??= await FakeCollector.StartAsync();
        if (process is null)
        {
            process = await PlatformProcess.StartAsync(new Dictionary<string, string>
            {
                ["Identity__PasswordIterations"] = "10000",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            }, mode);
        }
        else if (!process.IsRunning)
        {
            await process.StartAgainAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        if (collector is not null)
            await collector.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class EmbeddedOwnPlatform() : OwnPlatform(PlatformMode.Embedded), ICollectionFixture<EmbeddedOwnPlatform>;

public sealed class LocalOwnPlatform() : OwnPlatform(new PlatformMode("local")), ICollectionFixture<LocalOwnPlatform>;

/// <summary>A suite that watches a platform from outside, or ends it.</summary>
public abstract class OwnPlatformSuite(OwnPlatform platform) : IAsyncLifetime
{
    private protected OwnPlatform Platform => platform;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => platform.RunsAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
