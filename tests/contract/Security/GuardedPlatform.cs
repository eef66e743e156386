using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Common.Security;

namespace Relais.Contract.Security;

/// <summary>
/// Every contract behind the platform's interceptor, with nothing implemented: a call that is let in answers
/// <see cref="StatusCode.Unimplemented"/>.
/// </summary>
internal sealed class GuardedPlatform : IAsyncDisposable
{
    private static readonly Marshaller<byte[]> Bytes = new(bytes => bytes, bytes => bytes);

    private readonly TargetHost host;
    private readonly GrpcChannel channel;

    private GuardedPlatform(TargetHost host)
    {
        this.host = host;
        channel = GrpcChannel.ForAddress(host.GrpcAddress);
    }

    public TestTokens Tokens { get; private init; } = null!;

    /// <param name="identity">Where identity is, to have its keys; null has the test's own.</param>
    public static async Task<GuardedPlatform> StartAsync(Uri? identity = null, string serviceSecret = "a secret of thirty-two characters")
    {
        var problems = new List<(string Target, string Problem)>();
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Platform:ServiceSecret"] = serviceSecret,
            ["services:identity:grpc:0"] = identity?.ToString() ?? "http://127.0.0.1:1",
            ["Logging:LogLevel:Default"] = "None",
        }).Build();
        var tokens = new TestTokens();
        var host = TargetHost.Build(new EveryContract(identity is null ? tokens : null), [], settings, new LocalDispatcher(), problems);
        Assert.Empty(problems);
        await host!.StartAsync(TestContext.Current.CancellationToken);
        return new GuardedPlatform(host) { Tokens = tokens };
    }

    /// <summary>Calls a method with an empty request and tells how it ended.</summary>
    public async Task<RpcException> CallAsync(string fullName, string? authorization, params (string Name, string Value)[] more)
    {
        var headers = new Metadata();
        if (authorization is not null)
            headers.Add("authorization", authorization);
        foreach (var (name, value) in more)
            headers.Add(name, value);
        var slash = fullName.LastIndexOf('/');
        var method = new Method<byte[], byte[]>(MethodType.Unary, fullName[1..slash], fullName[(slash + 1)..], Bytes, Bytes);
        using var call = channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(headers, DateTime.UtcNow.AddSeconds(20)), []);
        return await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await host.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
        Tokens.Dispose();
    }

    private sealed class EveryContract(IVerificationKeys? keys) : ServiceTarget
    {
        public override string Name => "guarded";

        public override void Configure(WebApplicationBuilder builder)
        {
            if (keys is null)
                return;
            builder.Services.AddSingleton(keys);
            builder.Services.AddSingleton<ITenantDirectory, OneTenant>();
        }

        public override void Map(WebApplication app)
        {
            app.MapGrpcService<IdentityOfNobody>();
            app.MapGrpcService<KnowledgeOfNobody>();
            app.MapGrpcService<ConversationsOfNobody>();
            app.MapGrpcService<TicketsOfNobody>();
            app.MapGrpcService<RoutingOfNobody>();
            app.MapGrpcService<ShardsOfNobody>();
            app.MapGrpcService<SkillsOfNobody>();
            app.MapGrpcService<SupervisionOfNobody>();
            app.MapGrpcService<PoliciesOfNobody>();
            app.MapGrpcService<SurveysOfNobody>();
            app.MapGrpcService<DeadLettersOfNobody>();
        }
    }

    private sealed class OneTenant : ITenantDirectory
    {
        public ValueTask<string?> FindAsync(string? named, string? host, CancellationToken cancellationToken) =>
            new(string.IsNullOrEmpty(named) || named == TestTokens.Tenant ? TestTokens.Tenant : null);

        public ValueTask<bool> IsOperatorAsync(string tenantId, CancellationToken cancellationToken) => new(tenantId == TestTokens.Tenant);
    }

    private sealed class IdentityOfNobody : Relais.Contracts.Identity.V1.Identity.IdentityBase;

    private sealed class KnowledgeOfNobody : Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeBase;

    private sealed class ConversationsOfNobody : Relais.Contracts.Channels.V1.Conversations.ConversationsBase;

    private sealed class TicketsOfNobody : Relais.Contracts.Tickets.V1.Tickets.TicketsBase;

    private sealed class RoutingOfNobody : Relais.Contracts.Routing.V1.Routing.RoutingBase;

    private sealed class ShardsOfNobody : Relais.Contracts.Routing.V1.Shards.ShardsBase;

    private sealed class DeadLettersOfNobody : Relais.Contracts.Platform.V1.DeadLetters.DeadLettersBase;

    private sealed class SkillsOfNobody : Relais.Contracts.Routing.V1.Skills.SkillsBase;

    private sealed class SupervisionOfNobody : Relais.Contracts.Routing.V1.Supervision.SupervisionBase;

    private sealed class PoliciesOfNobody : Relais.Contracts.Routing.V1.Policies.PoliciesBase;

    private sealed class SurveysOfNobody : Relais.Contracts.Surveys.V1.Surveys.SurveysBase;
}
