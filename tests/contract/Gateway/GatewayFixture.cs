using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Contract.Hosting;
using Relais.Gateway;

namespace Relais.Contract.Gateway;

/// <summary>The real gateway on loopback before services that show what reaches them.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    public const string ServiceSecret = "a secret that the services share";

    private static readonly string[] Targets = ["identity", "knowledge", "channels", "tickets", "routing"];

    private WebApplication? services;

    internal CallLog Log { get; } = new();

    /// <summary>What identity signs with.</summary>
    internal TestKeys Keys { get; } = new();

    internal TargetHost Gateway { get; private set; } = null!;

    internal HttpClient Http { get; private set; } = null!;

    internal GrpcChannel Grpc { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, options => options.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(Log);
        builder.Services.AddSingleton(Keys);
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = null);
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks();
        services = builder.Build();
        services.MapGrpcService<FakeConversations>();
        services.MapGrpcService<FakeKnowledge>();
        services.MapGrpcService<FakeIdentity>();
        services.MapGrpcService<FakeDeadLetters>();
        services.MapGrpcHealthChecksService();
        services.MapGrpcReflectionService();
        await services.StartAsync();
        ServicesAddress = new Uri(services.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

        Gateway = await StartGatewayAsync();
        Http = new HttpClient { BaseAddress = Gateway.HttpAddress };
        Grpc = GrpcChannel.ForAddress(Gateway.GrpcAddress);
    }

    internal Uri ServicesAddress { get; private set; } = null!;

    /// <summary>A gateway of its own, for tests that change it. Surveys are at an address where nobody listens.</summary>
    internal async Task<TargetHost> StartGatewayAsync(params (string Name, string Value)[] settings)
    {
        var configuration = Targets.ToDictionary(target => $"services:{target}:grpc:0", _ => (string?)ServicesAddress.AbsoluteUri, StringComparer.Ordinal);
        configuration["services:surveys:grpc:0"] = "http://127.0.0.1:1";
        configuration["Platform:ServiceSecret"] = ServiceSecret;
        configuration["Logging:LogLevel:Default"] = "None";
        foreach (var (name, value) in settings)
            configuration[name] = value;

        var problems = new List<(string Target, string Problem)>();
        var host = TargetHost.Build(new GatewayTarget(), [], new ConfigurationBuilder().AddInMemoryCollection(configuration).Build(), new LocalDispatcher(), problems);
        Assert.Empty(problems);
        await host!.StartAsync(CancellationToken.None);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        Grpc?.Dispose();
        if (Gateway is not null)
        {
            await Gateway.StopAsync(CancellationToken.None);
            await Gateway.DisposeAsync();
        }

        if (services is not null)
            await services.DisposeAsync();
        Keys.Dispose();
    }
}
