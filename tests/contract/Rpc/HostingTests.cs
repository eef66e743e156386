using System.Net.Http.Headers;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Relais.Contract.Rpc.Proto;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>Hosting, interceptors, the client factory and the end of connections, client and server of this repository.</summary>
public sealed class HostingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_interceptors_stand_around_the_handler_in_their_order()
    {
        await using var server = await ProbeServer.StartAsync(options =>
        {
            options.Interceptors.Add<Stamping>("outer");
            options.Interceptors.Add<Stamping>("inner");
        });
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Probe.ProbeClient(channel);

        using var unary = client.EchoAsync(new ProbeRequest(), cancellationToken: Cancel);
        await unary;
        Assert.Equal(["outer", "inner"], unary.GetTrailers().GetAll("stamp").Select(entry => entry.Value));

        using var collect = client.Collect(cancellationToken: Cancel);
        await collect.RequestStream.CompleteAsync();
        await collect;
        Assert.Equal(2, collect.GetTrailers().GetAll("stamp").Count());

        using var repeat = client.Repeat(new ProbeRequest(), cancellationToken: Cancel);
        Assert.False(await repeat.ResponseStream.MoveNext(Cancel));
        Assert.Equal(2, repeat.GetTrailers().GetAll("stamp").Count());

        using var converse = client.Converse(cancellationToken: Cancel);
        await converse.RequestStream.CompleteAsync();
        Assert.False(await converse.ResponseStream.MoveNext(Cancel));
        Assert.Equal(2, converse.GetTrailers().GetAll("stamp").Count());
    }

    [Fact]
    public async Task Interceptor_that_refuses_keeps_the_handler_from_running()
    {
        await using var server = await ProbeServer.StartAsync(options => options.Interceptors.Add<Refusing>());
        using var channel = GrpcChannel.ForAddress(server.Address);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest(), cancellationToken: Cancel));
        Assert.Equal(StatusCode.PermissionDenied, failure.StatusCode);
        Assert.Equal("relais.test.v1.Probe/Echo has no permission", failure.Status.Detail);
    }

    [Theory]
    [InlineData(true, "Exception was thrown by handler. InvalidOperationException: a secret of the implementation")]
    [InlineData(false, "Exception was thrown by handler.")]
    public async Task Unexpected_failure_tells_its_message_only_when_asked_to(bool detailed, string expected)
    {
        await using var server = await ProbeServer.StartAsync(options => options.EnableDetailedErrors = detailed);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest { Fail = 100 }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.Unknown, failure.StatusCode);
        Assert.Equal(expected, failure.Status.Detail);
    }

    [Fact]
    public async Task Response_is_compressed_only_for_callers_that_accept_it()
    {
        await using var server = await ProbeServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        foreach (var (accepts, flag) in new[] { ("identity,gzip", 1), ("identity", 0) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, "/relais.test.v1.Probe/Echo"))
            {
                Version = System.Net.HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(GarbageToServerTests.Framed([])),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.Add("grpc-accept-encoding", accepts);
            using var response = await http.SendAsync(request, Cancel);
            Assert.Equal(flag, (await response.Content.ReadAsByteArrayAsync(Cancel))[0]);
        }
    }

    [Fact]
    public async Task Endpoints_carry_the_method_and_the_attributes_of_its_service()
    {
        await using var server = await ProbeServer.StartAsync();
        var endpoints = server.Services.GetRequiredService<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints;
        var methods = endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()).OfType<GrpcMethodMetadata>().ToList();
        Assert.Equal(["Collect", "Converse", "Echo", "Repeat"], methods.Select(method => method.Method.Name).Order());
        Assert.All(methods, method => Assert.Equal(typeof(ProbeService), method.ServiceType));
    }

    [Fact]
    public async Task Client_factory_gives_clients_with_interceptors_credentials_and_options()
    {
        await using var server = await ProbeServer.StartAsync();
        var services = new ServiceCollection();
        services.AddSingleton(new ClientStamp("from the container"));
        services.AddGrpcClient<Probe.ProbeClient>(options => options.Address = server.Address)
            .AddInterceptor<ClientStamp>()
            .AddInterceptor(InterceptorScope.Client, () => new ClientStamp("for each client"))
            .AddCallCredentials((_, metadata) =>
            {
                metadata.Add("x-token", "secret");
                return Task.CompletedTask;
            })
            .ConfigureChannel(options => options.UnsafeUseInsecureChannelCallCredentials = true);
        services.AddGrpcClient<Probe.ProbeClient>("narrow", (_, options) => options.Address = server.Address)
            .ConfigureChannel(options => options.MaxReceiveMessageSize = 10);
        await using var provider = services.BuildServiceProvider();

        using var call = provider.GetRequiredService<GrpcClientFactory>().CreateClient<Probe.ProbeClient>(nameof(Probe.ProbeClient)).EchoAsync(new ProbeRequest(), cancellationToken: Cancel);
        await call;
        Assert.Equal(["for each client", "from the container"], call.GetTrailers().GetAll("x-stamp").SelectMany(entry => entry.Value.Split(", ")));
        Assert.Equal("secret", call.GetTrailers().GetValue("x-token"));

        var narrow = provider.GetRequiredService<GrpcClientFactory>().CreateClient<Probe.ProbeClient>("narrow");
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await narrow.EchoAsync(new ProbeRequest { Text = "longer than ten bytes" }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public async Task Calls_that_a_call_makes_share_its_deadline_and_its_cancellation()
    {
        await using var inner = await ProbeServer.StartAsync();
        await using var outer = await ProbeServer.StartAsync(
            services: services => services.AddGrpcClient<Probe.ProbeClient>(options => options.Address = inner.Address).EnableCallContextPropagation(),
            map: app => app.MapGrpcService(services => ServerServiceDefinition.CreateBuilder().AddMethod(
                new Method<ProbeRequest, ProbeReply>(MethodType.Unary, "relay.Service", "Call", Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, ProbeRequest.Parser.ParseFrom), Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, ProbeReply.Parser.ParseFrom)),
                new UnaryServerMethod<ProbeRequest, ProbeReply>(async (request, context) => await context.GetHttpContext().RequestServices.GetRequiredService<Probe.ProbeClient>().EchoAsync(request))).Build()));
        using var channel = GrpcChannel.ForAddress(outer.Address);
        var relay = new Method<ProbeRequest, ProbeReply>(MethodType.Unary, "relay.Service", "Call", Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, ProbeRequest.Parser.ParseFrom), Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, ProbeReply.Parser.ParseFrom));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var call = channel.CreateCallInvoker().AsyncUnaryCall(relay, null, new CallOptions(cancellationToken: cancel.Token), new ProbeRequest { Delay = 60_000 });
        await inner.Log.Waiting.WaitAsync(Cancel);
        await cancel.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await inner.Log.Cancelled.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task Server_that_stops_finishes_what_it_began_and_a_new_one_takes_over()
    {
        var first = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(first.Address);
        var client = new Probe.ProbeClient(channel);
        var slow = client.EchoAsync(new ProbeRequest { Text = "finished", Delay = 500 }, cancellationToken: Cancel);
        await first.Log.Waiting.WaitAsync(Cancel);
        await first.StopAsync(Cancel);
        Assert.Equal("finished", (await slow).Text);
        await first.DisposeAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest(), cancellationToken: Cancel))).StatusCode);

        await using var second = await ProbeServer.StartAsync(port: first.Port);
        // The real client lets a second or so pass before it connects again.
        var patient = new CallOptions(cancellationToken: Cancel).WithWaitForReady(!Profile.IsMirror);
        Assert.Equal("again", (await client.EchoAsync(new ProbeRequest { Text = "again" }, patient)).Text);
    }

    [Fact]
    public async Task Calls_during_restarts_end_with_an_answer_or_unavailable()
    {
        var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Probe.ProbeClient(channel);
        using var done = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var answered = 0;
            while (!done.IsCancellationRequested)
            {
                try
                {
                    await client.EchoAsync(new ProbeRequest { Text = "x" }, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel);
                    answered++;
                }
                catch (RpcException refused) when (refused.StatusCode == StatusCode.Unavailable || Profile.IsGoodbye(refused))
                {
                    await Task.Delay(5, Cancel);
                }
            }
            return answered;
        }, Cancel)).ToArray();
        for (var i = 0; i < 3; i++)
        {
            await client.EchoAsync(new ProbeRequest(), new CallOptions(deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel).WithWaitForReady());
            await server.StopAsync(Cancel);
            await server.DisposeAsync();
            server = await ProbeServer.StartAsync(port: server.Port);
        }
        await client.EchoAsync(new ProbeRequest(), new CallOptions(deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel).WithWaitForReady());
        await done.CancelAsync();
        Assert.True((await Task.WhenAll(callers)).Sum() > 0);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Server_that_dies_ends_its_streams_as_unavailable()
    {
        var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var stream = new Probe.ProbeClient(channel).Repeat(new ProbeRequest { Count = 2, Delay = 60_000 }, cancellationToken: Cancel);
        Assert.True(await stream.ResponseStream.MoveNext(Cancel));
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await server.StopAsync(now.Token);
        var failure = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancel));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Disposed_channel_cancels_its_calls()
    {
        await using var server = await ProbeServer.StartAsync();
        var channel = GrpcChannel.ForAddress(server.Address);
        var call = new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest { Delay = 60_000 }, cancellationToken: Cancel);
        await server.Log.Waiting.WaitAsync(Cancel);
        channel.Dispose();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await server.Log.Cancelled.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task Writer_and_reader_refuse_to_be_used_twice_at_a_time()
    {
        await using var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var call = new Probe.ProbeClient(channel).Converse(cancellationToken: Cancel);
        var reading = call.ResponseStream.MoveNext(Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(Cancel));
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        await call.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new ProbeRequest(), Cancel));
        Assert.False(await reading);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Large_messages_stream_both_ways_within_flow_control()
    {
        await using var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var call = new Probe.ProbeClient(channel).Converse(cancellationToken: Cancel);
        var data = Google.Protobuf.ByteString.CopyFrom(new byte[3 * 1024 * 1024]);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
                await call.RequestStream.WriteAsync(new ProbeRequest { Data = data }, Cancel);
            await call.RequestStream.CompleteAsync();
        }, Cancel);
        var received = 0;
        await foreach (var reply in call.ResponseStream.ReadAllAsync(Cancel))
        {
            Assert.Equal(data.Length, reply.Data.Length);
            received++;
        }
        await writing;
        Assert.Equal(10, received);
    }

    private sealed class Stamping(string stamp) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            context.ResponseTrailers.Add("stamp", stamp);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            context.ResponseTrailers.Add("stamp", stamp);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            context.ResponseTrailers.Add("stamp", stamp);
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            context.ResponseTrailers.Add("stamp", stamp);
            return continuation(requestStream, responseStream, context);
        }
    }

    private sealed class Refusing : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            var method = context.GetHttpContext().GetEndpoint()!.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method;
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"{method.ServiceName}/{method.Name} has no permission"));
        }
    }

    private sealed class ClientStamp(string stamp) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? [])
                headers.Add(entry);
            headers.Add("x-stamp", stamp);
            return continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }
}
