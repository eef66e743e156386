using System.Net.Sockets;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Common.Calls;
using Relais.Common.Failures;
using Relais.Common.Hosting;
using Relais.Contracts;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Identity.V1;
using Relais.Contracts.Surveys.V1;
using Relais.Gateway;
using Relais.Gateway.GrpcFace;
using ConversationsClient = Relais.Contracts.Channels.V1.Conversations.ConversationsClient;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using IdentityClient = Relais.Contracts.Identity.V1.Identity.IdentityClient;
using SurveysClient = Relais.Contracts.Surveys.V1.Surveys.SurveysClient;

namespace Relais.Contract.Gateway;

public sealed class GrpcPassThroughTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_passes_with_its_metadata()
    {
        var client = new ConversationsClient(gateway.Grpc);
        var created = await client.CreateConversationAsync(
            new CreateConversationRequest { Channel = "sms" }, new Metadata { { "relais-tenant", "acme" }, { "relais-host", "forged.example" } }, cancellationToken: Cancel);
        Assert.Equal(("sms", "acme|127.0.0.1"), (created.Conversation.Channel, created.AccessToken));
        var read = await client.GetConversationAsync(new GetConversationRequest { Id = "c" }, new Metadata { { "authorization", "Bearer x" } }, cancellationToken: Cancel);
        Assert.Equal("Bearer x", read.CustomerName);
    }

    [Fact]
    public async Task A_failure_passes_with_its_details()
    {
        var client = new ConversationsClient(gateway.Grpc);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.GetConversationAsync(new GetConversationRequest { Id = "missing" }, cancellationToken: Cancel));
        Assert.Equal((StatusCode.NotFound, "conversation.not_found"), (failure.StatusCode, FailureStatus.CodeOf(failure)));
    }

    [Fact]
    public async Task A_deadline_and_a_cancellation_pass()
    {
        var client = new ConversationsClient(gateway.Grpc);
        var late = await Assert.ThrowsAsync<RpcException>(async () => await client.GetConversationAsync(
            new GetConversationRequest { Id = "slow" }, deadline: DateTime.UtcNow.AddSeconds(2), cancellationToken: Cancel));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        await gateway.Log.HasEnded("slow");
    }

    [Fact]
    public async Task A_call_without_a_deadline_gets_one_with_the_longest_poll()
    {
        var client = new ConversationsClient(gateway.Grpc);
        await client.ListMessagesAsync(new ListMessagesRequest { ConversationId = "in-no-hurry" }, cancellationToken: Cancel);
        Assert.InRange(gateway.Log.Deadlines["in-no-hurry"], TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40));
        await client.ListMessagesAsync(new ListMessagesRequest { ConversationId = "in-a-hurry" }, deadline: DateTime.UtcNow.AddSeconds(8), cancellationToken: Cancel);
        Assert.InRange(gateway.Log.Deadlines["in-a-hurry"], TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task A_service_that_is_silent_does_not_hold_a_call_without_a_deadline()
    {
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var before = await gateway.StartGatewayAsync(("services:channels:grpc:0", $"http://{silent.LocalEndpoint}"), ("Gateway:CallTimeout", "00:00:00.5"));
        using var channel = GrpcChannel.ForAddress(before.GrpcAddress);
        var late = await Assert.ThrowsAsync<RpcException>(() => new ConversationsClient(channel)
            .CreateMessageAsync(new CreateMessageRequest { Text = "x" }, cancellationToken: Cancel).ResponseAsync.WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        await before.StopAsync(Cancel);
    }

    [Fact]
    public async Task A_read_is_taken_away_from_a_replica_that_is_silent()
    {
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var before = await gateway.StartGatewayAsync(
            ("services:channels:grpc:0", $"http://{silent.LocalEndpoint}"), ("services:channels:grpc:1", gateway.ServicesAddress.AbsoluteUri));
        using var channel = GrpcChannel.ForAddress(before.GrpcAddress);
        var client = new ConversationsClient(channel);
        foreach (var id in new[] { "first", "second", "third" })
        {
            var read = await client.GetConversationAsync(new GetConversationRequest { Id = id }, cancellationToken: Cancel).ResponseAsync.WaitAsync(TimeSpan.FromSeconds(5), Cancel);
            Assert.Equal(id, read.Id);
        }

        await before.StopAsync(Cancel);
    }

    [Fact]
    public async Task Methods_for_services_alone_and_unknown_ones_are_unimplemented()
    {
        var identity = new IdentityClient(gateway.Grpc);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await identity.ListTenantsAsync(new ListTenantsRequest(), cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        var session = await Assert.ThrowsAsync<RpcException>(async () => await identity.OpenCustomerSessionAsync(new OpenCustomerSessionRequest(), cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unimplemented, session.StatusCode);
        await identity.GetKeySetAsync(new GetKeySetRequest(), cancellationToken: Cancel);
    }

    [Fact]
    public async Task A_service_that_is_away_is_unavailable()
    {
        var surveys = new SurveysClient(gateway.Grpc);
        var away = await Assert.ThrowsAsync<RpcException>(async () => await surveys.GetFiguresAsync(new GetFiguresRequest(), cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unavailable, away.StatusCode);
        Assert.DoesNotContain("127.0.0.1", away.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void No_method_for_services_alone_has_a_way_in()
    {
        var routes = GrpcRoutes.OfContracts(new GatewayOptions());
        foreach (var (target, method) in ContractCatalogue.Services.SelectMany(entry => entry.Service.Methods.Select(method => (entry.Target, method))))
        {
            var name = ContractCatalogue.FullName(method);
            var isInternal = target == ContractCatalogue.EveryTarget || (ContractCatalogue.PermissionOf(name)?.StartsWith("internal.", StringComparison.Ordinal) ?? true);
            Assert.Equal(isInternal, routes.Find(name) is null);
        }
    }

    /// <summary>The contracts have no streams yet, so a stream of another service goes the same way.</summary>
    [Fact]
    public async Task A_stream_passes_message_by_message_and_ends_with_its_caller()
    {
        await using var app = await StartPassThroughAsync();
        using var channel = ChannelTo(app);
        using var watch = new HealthClient(channel).Watch(new HealthCheckRequest { Service = "nothing" }, cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.ServiceUnknown, watch.ResponseStream.Current.Status);
        using var leave = new CancellationTokenSource();
        var next = watch.ResponseStream.MoveNext(leave.Token);
        Assert.False(next.IsCompleted);
        await leave.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => next)).StatusCode);
    }

    [Fact]
    public async Task A_stream_ends_with_a_clean_answer_when_the_gateway_drains()
    {
        await using var app = await StartPassThroughAsync();
        using var channel = ChannelTo(app);
        using var watch = new HealthClient(channel).Watch(new HealthCheckRequest { Service = "nothing" }, cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        var next = watch.ResponseStream.MoveNext(Cancel);
        var stopped = app.StopAsync(Cancel);
        var ended = await Assert.ThrowsAsync<RpcException>(() => next.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Contains("Call again", ended.Status.Detail, StringComparison.Ordinal);
        await stopped;
    }

    private static GrpcChannel ChannelTo(WebApplication app) =>
        GrpcChannel.ForAddress(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private async Task<WebApplication> StartPassThroughAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, options => options.Protocols = HttpProtocols.Http2));
        builder.Configuration["services:health:grpc:0"] = gateway.ServicesAddress.AbsoluteUri;
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(new Relais.Common.Hosting.ListenOptions());
        builder.Services.AddSingleton(new CallsOptions());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ServiceAddresses>();
        builder.Services.AddSingleton(new GrpcRoutes([("/grpc.health.v1.Health/Watch", new GrpcRoute("health", IsSafe: false, Timeout: null))]));
        builder.Services.AddSingleton<GrpcPassThrough>();
        var app = builder.Build();
        app.Run(app.Services.GetRequiredService<GrpcPassThrough>().ForwardAsync);
        await app.StartAsync(Cancel);
        return app;
    }
}
