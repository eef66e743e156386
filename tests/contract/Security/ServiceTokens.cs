using System.Diagnostics;
using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Relais.AppHost.Local;
using Relais.Common.Calls;
using Relais.Common.Hosting;
using Relais.Common.Security;
using Relais.Contract.Identity;
using Relais.Contract.Messaging;
using Relais.Contracts.Identity.V1;
using IdentityBase = Relais.Contracts.Identity.V1.Identity.IdentityBase;
using IdentityClient = Relais.Contracts.Identity.V1.Identity.IdentityClient;

namespace Relais.Contract.Security;

/// <summary>The token with which a service calls the others, while identity is not well.</summary>
public sealed class ServiceTokens : IAsyncLifetime
{
    private const int Life = 10_000;

    private readonly Issuer issuer = new();
    private readonly IPEndPoint address = new(IPAddress.Loopback, LoopbackPorts.Next());
    private WebApplication identity = null!;
    private ServiceAddresses addresses = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(address, options => options.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(issuer);
        builder.Services.AddGrpc();
        builder.Services.AddGrpcHealthChecks();
        identity = builder.Build();
        identity.MapGrpcService<Issuer>();
        identity.MapGrpcHealthChecksService();
        await identity.StartAsync(Stop);
        addresses = new ServiceAddresses(
            new ConfigurationBuilder().AddInMemoryCollection([new("services:identity:grpc:0", $"http://{address}")]).Build(),
            new(), new CallsOptions(), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        addresses.Dispose();
        await identity.DisposeAsync();
    }

    [Fact]
    public async Task Token_serves_until_it_expires_while_it_cannot_be_renewed()
    {
        var clock = new ManualClock();
        var token = TokenBy(clock);
        Assert.Equal("token 1", await token.GetAsync(Stop));
        issuer.Refuses = true;
        clock.Pass(TimeSpan.FromSeconds(0.85 * Life));
        Assert.Equal("token 1", await token.GetAsync(Stop));
        await NotesPlatform.UntilAsync(() => Task.FromResult(issuer.Calls == 2), "its renewal was tried");
        for (var call = 0; call < 100; call++)
            Assert.Equal("token 1", await token.GetAsync(Stop));
        Assert.Equal(2, issuer.Calls);

        issuer.Refuses = false;
        await NotesPlatform.UntilAsync(
            async () =>
            {
                clock.Pass(TimeSpan.FromSeconds(6));
                return await token.GetAsync(Stop) == "token 3";
            },
            "it is renewed once it can be");

        issuer.Refuses = true;
        clock.Pass(TimeSpan.FromSeconds(Life));
        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(async () => await token.GetAsync(Stop))).StatusCode);
    }

    [Fact]
    public async Task Renewal_that_takes_its_time_holds_nobody_up_who_has_a_token()
    {
        var clock = new ManualClock();
        var token = TokenBy(clock);
        await token.GetAsync(Stop);
        issuer.Hangs = true;
        clock.Pass(TimeSpan.FromSeconds(0.85 * Life));
        Assert.True(token.GetAsync(Stop).AsTask().IsCompletedSuccessfully);
        await NotesPlatform.UntilAsync(() => Task.FromResult(issuer.Calls == 2), "it is being renewed");
        Assert.True(token.GetAsync(Stop).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Those_without_a_token_wait_for_one_fetch_and_no_longer_than_its_bound()
    {
        issuer.Hangs = true;
        var token = TokenBy(TimeProvider.System);
        var began = Stopwatch.GetTimestamp();
        var refusals = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ => await Assert.ThrowsAsync<RpcException>(async () => await token.GetAsync(Stop))));
        Assert.All(refusals, refusal => Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode));
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20));
        Assert.Equal(1, issuer.Calls);
    }

    [Fact]
    public async Task Call_waits_for_its_token_no_longer_than_its_deadline()
    {
        var client = new IdentityClient(addresses.ChannelOf("identity").Intercept(new ServiceCredentials(new NoToken(), TimeProvider.System)));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
            await client.GetKeySetAsync(new GetKeySetRequest(), deadline: DateTime.UtcNow.AddMilliseconds(200), cancellationToken: Stop).ResponseAsync.WaitAsync(TimeSpan.FromSeconds(20), Stop));
        Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode);
    }

    private ServiceToken TokenBy(TimeProvider clock) =>
        new(new TargetIdentity("tickets"), addresses, new PlatformOptions { ServiceSecret = new string('s', 32) }, clock);

    private sealed class NoToken : IServiceToken
    {
        public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return "";
        }
    }

    private sealed class Issuer : IdentityBase
    {
        private int calls;

        public int Calls => Volatile.Read(ref calls);

        public bool Refuses { get; set; }

        public bool Hangs { get; set; }

        public override async Task<ClientToken> IssueClientToken(IssueClientTokenRequest request, ServerCallContext context)
        {
            var call = Interlocked.Increment(ref calls);
            if (Hangs)
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            if (Refuses)
                throw new RpcException(new Status(StatusCode.Internal, "Refused on purpose."));
            return new ClientToken { AccessToken = $"token {call}", ExpiresIn = Life };
        }
    }
}
