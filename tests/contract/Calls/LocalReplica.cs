using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Relais.Contracts.Channels.V1;

namespace Relais.Contract.Calls;

/// <summary>Conversations in this process, on an address of their own, that count what reaches them.</summary>
internal sealed class LocalReplica : IAsyncDisposable
{
    private readonly WebApplication app;

    private LocalReplica(WebApplication app, Behaviour behaviour)
    {
        this.app = app;
        Does = behaviour;
    }

    public Behaviour Does { get; }

    public static async Task<LocalReplica> StartAsync(IPEndPoint address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, options => options.Protocols = HttpProtocols.Http2));
        var behaviour = new Behaviour();
        builder.Services.AddSingleton(behaviour);
        builder.Services.AddGrpc();
        builder.Services.AddGrpcHealthChecks().AddCheck("ready", () => behaviour.IsServing ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
        var app = builder.Build();
        app.MapGrpcService<Conversations>();
        app.MapGrpcHealthChecksService();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new LocalReplica(app, behaviour);
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    /// <summary>What the replica does, and what it has seen.</summary>
    internal sealed class Behaviour
    {
        private int calls;

        public int Calls => Volatile.Read(ref calls);

        public bool IsServing { get; set; } = true;

        /// <summary>Cuts the connection instead of answering.</summary>
        public bool Breaks { get; set; }

        /// <summary>Says that it cannot serve.</summary>
        public bool Refuses { get; set; }

        public void Count() => Interlocked.Increment(ref calls);
    }

    private sealed class Conversations(Behaviour behaviour) : global::Relais.Contracts.Channels.V1.Conversations.ConversationsBase
    {
        public override Task<Conversation> GetConversation(GetConversationRequest request, ServerCallContext context)
        {
            Misbehave(context);
            return Task.FromResult(new Conversation { Id = request.Id });
        }

        public override Task<Message> CreateMessage(CreateMessageRequest request, ServerCallContext context)
        {
            Misbehave(context);
            return Task.FromResult(new Message { Text = request.Text });
        }

        private void Misbehave(ServerCallContext context)
        {
            behaviour.Count();
            if (behaviour.Breaks)
                context.GetHttpContext().Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
            if (behaviour.Refuses)
                throw new RpcException(new Status(StatusCode.Unavailable, "not now"));
        }
    }
}
