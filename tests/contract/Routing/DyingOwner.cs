using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Contracts.Routing.V1;

namespace Relais.Contract.Routing;

/// <summary>A replica of routing that takes calls and breaks the connection where it should answer.</summary>
internal sealed class DyingOwner : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Counter counter;

    private DyingOwner(WebApplication app, Counter counter) => (this.app, this.counter) = (app, counter);

    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public int Calls => Volatile.Read(ref counter.Calls);

    public static async Task<DyingOwner> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options => options.Protocols = HttpProtocols.Http2));
        var counter = new Counter();
        builder.Services.AddSingleton(counter);
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<Desk>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new DyingOwner(app, counter);
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private sealed class Counter
    {
        public int Calls;
    }

    private sealed class Desk(Counter counter) : Supervision.SupervisionBase
    {
        public override Task<QueuePause> ResumeQueue(ResumeQueueRequest request, ServerCallContext context)
        {
            Interlocked.Increment(ref counter.Calls);
            context.GetHttpContext().Features.Get<IConnectionLifetimeFeature>()!.Abort();
            return Task.FromResult(new QueuePause());
        }
    }
}
