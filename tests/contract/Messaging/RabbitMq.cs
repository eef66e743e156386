using Relais.AppHost.Local;
using Relais.Contract.Messaging;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(RabbitMq))]
[assembly: TestCollectionOrderer(typeof(RabbitMqFirst))]

namespace Relais.Contract.Messaging;

/// <summary>A RabbitMQ of the tests' own, started when the first test asks for it. Tests that stop it are one collection.</summary>
public sealed class RabbitMq : IAsyncDisposable
{
    public const string Collection = "RabbitMQ";

    private readonly Lazy<Task<RabbitMqServer>> server;
    private string? folder;

    public RabbitMq() => server = new(StartAsync);

    /// <summary>The running node; skips the test where RabbitMQ is not installed.</summary>
    internal static async Task<RabbitMqServer> ServerAsync()
    {
        Assert.SkipUnless(RabbitMqServer.IsInstalled, RabbitMqServer.HowToInstall);
        return await (await TestContext.Current.GetFixture<RabbitMq>())!.server.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (folder is null)
            return;
        var node = await server.Value;
        await node.KillAsync();
        await node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private Task<RabbitMqServer> StartAsync()
    {
        folder = Directory.CreateTempSubdirectory("relais-rabbitmq-").FullName;
        return RabbitMqServer.StartAsync(folder, null, CancellationToken.None);
    }
}

/// <summary>Nothing takes longer than the tests that stop the broker, one after the other: the others run beside them.</summary>
public sealed class RabbitMqFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName != RabbitMq.Collection)];
}
