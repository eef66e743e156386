using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;
using Relais.Contracts;

namespace Relais.Contract.Hosting;

/// <summary>
/// One target in this process, on a port and in a folder of its own, without identity: the test signs the tokens and says
/// which tenants there are.
/// </summary>
internal sealed class LoneTarget : IAsyncDisposable
{
    private readonly Func<ServiceTarget> create;
    private readonly IReadOnlyDictionary<string, string?> settings;
    private readonly List<(string Name, Func<EventEnvelope, Task> Take)> listeners = [];
    private readonly bool sharesKeys;
    private string? folder;
    private TargetHost? host;
    private GrpcChannel? channel;

    private LoneTarget(Func<ServiceTarget> create, IReadOnlyDictionary<string, string?> settings, TestKeys? keys = null)
    {
        this.create = create;
        this.settings = settings;
        sharesKeys = keys is not null;
        Keys = keys ?? new TestKeys();
    }

    /// <summary>Tenants that an anonymous call may name.</summary>
    public static IReadOnlyList<string> Tenants { get; } = ["acme", "globex"];

    public TestKeys Keys { get; }

    public IServiceProvider Services => host!.Services;

    public Uri HttpAddress => host!.HttpAddress;

    /// <summary>Where other replicas reach it.</summary>
    public Uri GrpcAddress => host!.GrpcAddress;

    /// <param name="listen">Says with <see cref="On"/> which of the target's events the test takes.</param>
    /// <param name="provider">Sqlite or Postgres.</param>
    public static async Task<LoneTarget> StartAsync(
        Func<ServiceTarget> create, IReadOnlyDictionary<string, string?>? settings = null, Action<LoneTarget>? listen = null, string provider = "Sqlite")
    {
        var all = new Dictionary<string, string?>(settings ?? new Dictionary<string, string?>());
        if (provider == "Postgres" && create().Name is var name)
            all[$"ConnectionStrings:{name}"] = await Postgres.NewDatabaseAsync(name);
        return await StartAsync(new LoneTarget(create, all), listen);
    }

    /// <summary>Another replica of the target, on the same PostgreSQL.</summary>
    public Task<LoneTarget> StartReplicaAsync(Action<LoneTarget>? listen = null) => StartAsync(new LoneTarget(create, settings, Keys), listen);

    /// <summary>Stops the target and starts it again on the same data.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>A connection whose calls carry the token, or none, and the tenant where one is named.</summary>
    public CallInvoker Call(string? token = null, string? tenantId = null) => channel!.CreateCallInvoker().Intercept(headers =>
    {
        if (token is not null)
            headers.Add("authorization", "Bearer " + token);
        if (tenantId is not null)
            headers.Add("relais-tenant", tenantId);
        return headers;
    });

    /// <summary>Takes an event that the target publishes, in place of the services that would.</summary>
    public void On<TEvent>(Func<TEvent, Task> take) where TEvent : class, IEvent =>
        listeners.Add((TEvent.WireName, envelope => take((TEvent)EventCatalogue.Deserialize(envelope.Name, envelope.Payload))));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (!sharesKeys)
            Keys.Dispose();
        if (folder is null)
            return;
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<LoneTarget> StartAsync(LoneTarget target, Action<LoneTarget>? listen)
    {
        listen?.Invoke(target);
        try
        {
            await target.StartAsync();
            return target;
        }
        catch
        {
            // A target that does not start leaves nothing behind.
            await target.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync()
    {
        var target = new Wrapped(create(), Keys);
        var database = "ConnectionStrings:" + target.Name;
        if (!settings.ContainsKey(database))
            folder ??= Directory.CreateTempSubdirectory("relais-target-").FullName;
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                [database] = folder is null ? null : $"Data Source={Path.Combine(folder, target.Name + ".db")}",
                ["Platform:ServiceSecret"] = new('s', 32),
                ["Logging:LogLevel:Default"] = "None",
                ["Logging:Console:FormatterName"] = "simple",
            })
            .AddInMemoryCollection(settings)
            .Build();
        var transport = new LocalDispatcher();
        var problems = new List<(string Target, string Problem)>();
        host = TargetHost.Build(target, [], configuration, transport, problems);
        Assert.Empty(problems);
        foreach (var (name, take) in listeners)
            transport.Subscribe(new Subscription("test/" + name, name, (envelope, _) => take(envelope)));
        await host!.StartAsync(TestContext.Current.CancellationToken);
        transport.Open();
        channel = GrpcChannel.ForAddress(host.GrpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = null });
    }

    public async Task StopAsync()
    {
        channel?.Dispose();
        if (host is null)
            return;
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
        host = null;
    }

    private sealed class Wrapped(ServiceTarget inner, TestKeys keys) : ServiceTarget
    {
        public override string Name => inner.Name;

        public override void Configure(WebApplicationBuilder builder)
        {
            builder.Services.AddSingleton<IVerificationKeys>(keys);
            builder.Services.AddSingleton<IServiceToken>(keys);
            builder.Services.AddSingleton<ITenantDirectory, KnownTenants>();
            inner.Configure(builder);
        }

        public override void Map(WebApplication app) => inner.Map(app);

        public override Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken) => inner.PrepareAsync(services, cancellationToken);
    }

    private sealed class KnownTenants : ITenantDirectory
    {
        public ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken) =>
            ValueTask.FromResult(named is null ? Tenants[0] : Tenants.FirstOrDefault(tenant => tenant == named));

        public ValueTask<bool> IsOperatorAsync(string tenantId, CancellationToken cancellationToken) => ValueTask.FromResult(tenantId == Tenants[0]);
    }
}
