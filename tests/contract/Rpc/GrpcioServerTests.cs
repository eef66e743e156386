using System.Globalization;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Relais.Contract.Rpc.Proto;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>This client calls a grpcio server.</summary>
public sealed class GrpcioServerTests : IAsyncLifetime
{
    private Peer _peer = null!;
    private GrpcChannel _channel = null!;
    private Probe.ProbeClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_peer, var port) = await Peer.StartServerAsync();
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        _client = new Probe.ProbeClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _peer.DisposeAsync();
    }

    [Fact]
    public async Task All_four_kinds_carry_messages()
    {
        Assert.Equal("bonjour 👋", (await _client.EchoAsync(new ProbeRequest { Text = "bonjour 👋" }, cancellationToken: Cancel)).Text);
        Assert.Equal("blocking", _client.Echo(new ProbeRequest { Text = "blocking" }, cancellationToken: Cancel).Text);

        using var collect = _client.Collect(cancellationToken: Cancel);
        foreach (var word in new[] { "a", "b", "c" })
            await collect.RequestStream.WriteAsync(new ProbeRequest { Text = word }, Cancel);
        await collect.RequestStream.CompleteAsync();
        Assert.Equal("a b c", (await collect).Text);

        using var repeat = _client.Repeat(new ProbeRequest { Count = 5 }, cancellationToken: Cancel);
        Assert.Equal([0, 1, 2, 3, 4], await repeat.ResponseStream.ReadAllAsync(Cancel).Select(reply => reply.Count).ToListAsync(Cancel));
        Assert.Equal(StatusCode.OK, repeat.GetStatus().StatusCode);

        using var none = _client.Repeat(new ProbeRequest { Count = 0 }, cancellationToken: Cancel);
        Assert.False(await none.ResponseStream.MoveNext(Cancel));

        using var converse = _client.Converse(cancellationToken: Cancel);
        for (var i = 0; i < 20; i++)
        {
            await converse.RequestStream.WriteAsync(new ProbeRequest { Text = $"turn {i}" }, Cancel);
            Assert.True(await converse.ResponseStream.MoveNext(Cancel));
            Assert.Equal($"turn {i}", converse.ResponseStream.Current.Text);
        }
        await converse.RequestStream.CompleteAsync();
        Assert.False(await converse.ResponseStream.MoveNext(Cancel));
    }

    [Fact]
    public async Task Metadata_text_binary_and_large_comes_back()
    {
        var sent = new Metadata { { "x-text", "one" }, { "x-text", "two" }, { "x-data-bin", [0, 1, 255] }, { "x-initial", "early" }, { "x-large", new string('a', 6000) } };
        using var call = _client.EchoAsync(new ProbeRequest { Text = "m" }, sent, cancellationToken: Cancel);
        Assert.Equal("early", (await call.ResponseHeadersAsync).GetValue("x-initial"));
        await call;
        var trailers = call.GetTrailers();
        Assert.Equal(["one", "two"], trailers.GetAll("x-text").SelectMany(entry => entry.Value.Split(',')).Select(value => value.Trim()));
        Assert.Equal([0, 1, 255], trailers.GetValueBytes("x-data-bin"));
        Assert.Equal(6000, trailers.GetValue("x-large")!.Length);
    }

    [Fact]
    public async Task Status_of_every_code_arrives_with_its_unicode_detail_and_trailers()
    {
        for (var code = 1; code <= 16; code++)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () =>
                await _client.EchoAsync(new ProbeRequest { Text = $"détail {code} 100% \n fin", Fail = code }, new Metadata { { "x-reason", "asked for" } }, cancellationToken: Cancel));
            Assert.Equal((StatusCode)code, failure.StatusCode);
            Assert.Equal($"détail {code} 100% \n fin", failure.Status.Detail);
            Assert.Equal("asked for", failure.Trailers.GetValue("x-reason"));
        }
    }

    [Fact]
    public async Task Rich_status_passes_untouched()
    {
        var details = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await _client.EchoAsync(new ProbeRequest { Text = "rich", Fail = 3, Data = Google.Protobuf.ByteString.CopyFrom(details) }, cancellationToken: Cancel));
        Assert.Equal(details, failure.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Failure_after_messages_arrives_at_their_end()
    {
        using var call = _client.Repeat(new ProbeRequest { Text = "then", Count = 3, Fail = 9 }, cancellationToken: Cancel);
        for (var i = 0; i < 3; i++)
            Assert.True(await call.ResponseStream.MoveNext(Cancel));
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Cancel));
        Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
        Assert.Equal(StatusCode.FailedPrecondition, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Deadline_reaches_the_server_and_ends_the_call()
    {
        using var inTime = _client.EchoAsync(new ProbeRequest(), new Metadata { { "x-report-deadline", "1" } }, DateTime.UtcNow.AddSeconds(30), Cancel);
        await inTime;
        Assert.InRange(int.Parse(inTime.GetTrailers().GetValue("x-deadline-in")!, CultureInfo.InvariantCulture), 1, 30_000);

        var late = await Assert.ThrowsAsync<RpcException>(async () =>
            await _client.EchoAsync(new ProbeRequest { Delay = 60_000 }, deadline: DateTime.UtcNow.AddSeconds(0.3), cancellationToken: Cancel));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        await _peer.WaitForAsync("cancelled");

        var past = await Assert.ThrowsAsync<RpcException>(async () => await _client.EchoAsync(new ProbeRequest(), deadline: DateTime.UtcNow.AddSeconds(-1), cancellationToken: Cancel));
        Assert.Equal(StatusCode.DeadlineExceeded, past.StatusCode);
    }

    [Fact]
    public async Task Cancel_by_token_or_dispose_cancels_the_handler()
    {
        using var source = new CancellationTokenSource();
        var call = _client.EchoAsync(new ProbeRequest { Delay = 60_000 }, cancellationToken: source.Token);
        await _peer.WaitForAsync("waiting");
        await source.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await _peer.WaitForAsync("cancelled");

        var stream = _client.Repeat(new ProbeRequest { Count = 2, Delay = 60_000 }, cancellationToken: Cancel);
        Assert.True(await stream.ResponseStream.MoveNext(Cancel));
        await _peer.WaitForAsync("waiting");
        stream.Dispose();
        Assert.Equal(StatusCode.Cancelled, stream.GetStatus().StatusCode);
        await _peer.WaitForAsync("cancelled");
    }

    [Fact]
    public async Task Compressed_messages_go_both_ways()
    {
        var text = string.Concat(Enumerable.Repeat("relais ", 5000));
        var headers = new Metadata { { "grpc-internal-encoding-request", "gzip" }, { "x-compress", "1" } };
        using var call = _client.EchoAsync(new ProbeRequest { Text = text }, headers, cancellationToken: Cancel);
        Assert.Equal(text, (await call).Text);
        using var converse = _client.Converse(headers, cancellationToken: Cancel);
        for (var i = 0; i < 3; i++)
        {
            converse.RequestStream.WriteOptions = i == 1 ? new WriteOptions(WriteFlags.NoCompress) : null;
            await converse.RequestStream.WriteAsync(new ProbeRequest { Text = text }, Cancel);
            Assert.True(await converse.ResponseStream.MoveNext(Cancel));
            Assert.Equal(text, converse.ResponseStream.Current.Text);
        }
    }

    [Fact]
    public async Task Size_limits_hold_in_both_directions()
    {
        const int limit = 4 * 1024 * 1024;
        var large = await _client.EchoAsync(new ProbeRequest { ReplySize = limit - 100 }, cancellationToken: Cancel);
        Assert.Equal(limit - 100, large.Data.Length);
        var tooLarge = await Assert.ThrowsAsync<RpcException>(async () => await _client.EchoAsync(new ProbeRequest { ReplySize = limit + 1 }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.ResourceExhausted, tooLarge.StatusCode);

        using var narrow = GrpcChannel.ForAddress(_channel.Target.Insert(0, "http://"), new GrpcChannelOptions { MaxSendMessageSize = 100, MaxReceiveMessageSize = null });
        var client = new Probe.ProbeClient(narrow);
        Assert.Equal(3 * limit, (await client.EchoAsync(new ProbeRequest { ReplySize = 3 * limit }, cancellationToken: Cancel)).Data.Length);
        var notSent = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest { Text = new string('x', 200) }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.ResourceExhausted, notSent.StatusCode);
    }

    [Fact]
    public async Task Unknown_method_is_unimplemented_and_garbage_is_internal()
    {
        var invoker = _channel.CreateCallInvoker();
        var text = Marshallers.StringMarshaller;
        var nothing = new Method<string, string>(MethodType.Unary, "relais.test.v1.Probe", "Nothing", text, text);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await invoker.AsyncUnaryCall(nothing, null, new CallOptions(cancellationToken: Cancel), ""))).StatusCode);

        var garbage = new Method<string, ProbeReply>(MethodType.Unary, "relais.test.v1.Probe", "Garbage", text, Marshallers.Create(_ => [], ProbeReply.Parser.ParseFrom));
        Profile.AssertStatus(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(async () => await invoker.AsyncUnaryCall(garbage, null, new CallOptions(cancellationToken: Cancel), ""))).StatusCode);
        Assert.Equal("still here", (await _client.EchoAsync(new ProbeRequest { Text = "still here" }, cancellationToken: Cancel)).Text);
    }

    [Fact]
    public async Task A_thousand_streams_are_open_at_once_on_one_connection()
    {
        using var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false };
        var connections = 0;
        handler.ConnectCallback = async (context, token) =>
        {
            Interlocked.Increment(ref connections);
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, token);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        };
        using var channel = GrpcChannel.ForAddress(_channel.Target.Insert(0, "http://"), new GrpcChannelOptions { HttpHandler = handler });
        var client = new Probe.ProbeClient(channel);
        var calls = Enumerable.Range(0, 1000).Select(_ => client.Converse(cancellationToken: Cancel)).ToArray();
        foreach (var turn in new[] { "first", "second" })
        {
            await Task.WhenAll(calls.Select(async (call, index) =>
            {
                await call.RequestStream.WriteAsync(new ProbeRequest { Text = $"{turn} {index}" }, Cancel);
                Assert.True(await call.ResponseStream.MoveNext(Cancel));
                Assert.Equal($"{turn} {index}", call.ResponseStream.Current.Text);
            }));
        }
        await Task.WhenAll(calls.Select(async call =>
        {
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(Cancel));
        }));
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task Interceptors_and_call_credentials_add_to_the_call()
    {
        using var channel = GrpcChannel.ForAddress(_channel.Target.Insert(0, "http://"), new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = true });
        var invoker = channel.Intercept(metadata =>
        {
            metadata.Add("x-intercepted", "yes");
            return metadata;
        });
        var credentials = CallCredentials.FromInterceptor(async (context, metadata) =>
        {
            await Task.Yield();
            metadata.Add("x-token", $"{context.ServiceUrl} {context.MethodName}");
        });
        using var call = new Probe.ProbeClient(invoker).EchoAsync(new ProbeRequest(), new CallOptions(new Metadata { { "x-own", "1" } }, credentials: credentials, cancellationToken: Cancel));
        await call;
        Assert.Equal("yes", call.GetTrailers().GetValue("x-intercepted"));
        Assert.Equal("1", call.GetTrailers().GetValue("x-own"));
        Assert.Equal($"http://{_channel.Target}/relais.test.v1.Probe Echo", call.GetTrailers().GetValue("x-token"));
    }

    [Fact]
    public async Task Tls_with_a_certificate_carries_calls()
    {
        using var certificate = new SelfSigned();
        var (peer, port) = await Peer.StartServerAsync(certificate.KeyPath, certificate.CertificatePath);
        await using var _ = peer;
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.Certificate.GetCertHashString();
        using var channel = GrpcChannel.ForAddress($"https://localhost:{port}", new GrpcChannelOptions { HttpHandler = handler, Credentials = ChannelCredentials.SecureSsl });
        Assert.Equal("secure", (await new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest { Text = "secure" }, cancellationToken: Cancel)).Text);

        using var distrustful = GrpcChannel.ForAddress($"https://localhost:{port}");
        Profile.AssertStatus(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(distrustful).EchoAsync(new ProbeRequest(), cancellationToken: Cancel))).StatusCode);
    }
}
