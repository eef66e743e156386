using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Relais.Contract.Rpc.Proto;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>What no gRPC client would send: each case has a clear status, and the server goes on.</summary>
public sealed class GarbageToServerTests : IAsyncLifetime
{
    private ProbeServer _server = null!;
    private HttpMessageInvoker _http = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ProbeServer.StartAsync();
        _http = new HttpMessageInvoker(new SocketsHttpHandler());
    }

    public async ValueTask DisposeAsync()
    {
        using (var channel = GrpcChannel.ForAddress(_server.Address))
            Assert.Equal("alive", (await new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest { Text = "alive" }, cancellationToken: Cancel)).Text);
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("", StatusCode.Internal)]
    [InlineData("00", StatusCode.Internal)]
    [InlineData("0000000005AA", StatusCode.Internal)]
    [InlineData("07000000020A00", StatusCode.Internal)]
    [InlineData("00FFFFFFFF", StatusCode.ResourceExhausted)]
    [InlineData("0000400001", StatusCode.ResourceExhausted)]
    [InlineData("0000000003FFFFFF", StatusCode.Internal)]
    [InlineData("00000000000000000000", StatusCode.Internal)]
    [InlineData("01000000020A00", StatusCode.Internal)]
    [InlineData("0000000000", StatusCode.OK)]
    public async Task Broken_frames_have_a_status(string hex, StatusCode expected) =>
        Profile.AssertStatus(expected, await StatusAsync(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("01000000020A00", "gzip", StatusCode.Internal)]
    [InlineData("01000000020A00", "snappy", StatusCode.Unimplemented)]
    [InlineData("01000000020A00", "identity", StatusCode.Internal)]
    [InlineData("0000000000", "snappy", StatusCode.OK)]
    [InlineData("0000000000", "identity", StatusCode.OK)]
    public async Task Broken_compression_has_a_status(string hex, string encoding, StatusCode expected) =>
        Profile.AssertStatus(expected, await StatusAsync(Convert.FromHexString(hex), request => request.Headers.Add("grpc-encoding", encoding)));

    [Fact]
    public async Task Compressed_bomb_is_stopped_at_the_limit()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var i = 0; i < 1024; i++)
                await gzip.WriteAsync(new byte[1024 * 1024], Cancel);
        }
        var frame = Framed(packed.ToArray());
        frame[0] = 1;
        Assert.Equal(StatusCode.ResourceExhausted, await StatusAsync(frame, request => request.Headers.Add("grpc-encoding", "gzip")));
    }

    [Theory]
    [InlineData("grpc-timeout", "soon")]
    [InlineData("grpc-timeout", "123456789S")]
    [InlineData("grpc-timeout", "99999999H")]
    [InlineData("x-odd-bin", "not base64!")]
    public async Task Odd_headers_do_no_harm(string name, string value)
    {
        var status = await StatusAsync(Framed(new ProbeRequest().ToByteArray()), request => request.Headers.TryAddWithoutValidation(name, value));
        Profile.AssertStatus(name == "x-odd-bin" ? StatusCode.Internal : StatusCode.OK, status);
    }

    [Theory]
    [InlineData("AAH/")]
    [InlineData("AAH/,AAH/")]
    [InlineData("AAE,AAE=")]
    [InlineData("")]
    public async Task Binary_headers_are_accepted_joined_and_without_padding(string value)
    {
        if (value != "AAH/")
            Profile.MirrorOnly("take binary values one by one and padded alone");
        using var response = await SendAsync(Framed(new ProbeRequest().ToByteArray()), request => request.Headers.TryAddWithoutValidation("x-data-bin", value));
        await response.Content.ReadAsByteArrayAsync(Cancel);
        var echoed = response.TrailingHeaders.GetValues("x-data-bin").SelectMany(one => one.Split(','));
        Assert.Equal(value.Split(',').Select(one => one.TrimEnd('=')), echoed.Select(one => one.Trim().TrimEnd('=')));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("text/plain")]
    public async Task Other_content_type_is_415(string contentType)
    {
        using var response = await SendAsync([], request => request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=utf-8")]
    public async Task Grpc_content_types_are_served(string contentType)
    {
        using var response = await SendAsync(Framed([]), request => request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/relais.test.v1.Probe/Echo")]
    [InlineData("GET", "/some/page")]
    [InlineData("POST", "/some/page")]
    public async Task What_is_no_call_is_left_to_the_application(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_server.Address, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await _http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nthis is no frame at all, but long enough to be read as one")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u00ff\u00ff\u00ff\u0000\u0000\u0000\u0000\u0000\u0001")]
    [InlineData("\u0000\u0001\u0002\u0003")]
    public async Task Broken_connections_are_closed(string bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Port, Cancel);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(bytes), Cancel);
        socket.Shutdown(SocketShutdown.Send);
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel) > 0) { }
        }
        catch (SocketException reset)
        {
            Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        }
    }

    [Fact]
    public async Task A_handler_that_ignores_its_deadline_does_not_hold_the_caller()
    {
        var released = new TaskCompletionSource();
        var deaf = ServerServiceDefinition.CreateBuilder().AddMethod(
            new Method<string, string>(MethodType.Unary, "deaf.Service", "Call", Marshallers.StringMarshaller, Marshallers.StringMarshaller),
            new UnaryServerMethod<string, string>(async (_, _) =>
            {
                await released.Task;
                return "late";
            })).Build();
        await using var server = await ProbeServer.StartAsync(map: app => Microsoft.AspNetCore.Builder.GrpcEndpointRouteBuilderExtensions.MapGrpcService(app, deaf));
        using var response = await SendAsync(new Uri(server.Address, "/deaf.Service/Call"), Framed([]), request => request.Headers.Add("grpc-timeout", "200m"));
        Assert.Equal(StatusCode.DeadlineExceeded, await StatusOfAsync(response));
        released.SetResult();
    }

    [Fact]
    public async Task Message_that_never_arrives_ends_at_the_deadline()
    {
        Profile.MirrorOnly("reset the stream at the deadline");
        using var response = await SendAsync([], request =>
        {
            request.Content = new Stalling([0, 0, 0, 1, 0, 1, 2, 3], forever: true);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.Add("grpc-timeout", "200m");
        });
        Assert.Equal(StatusCode.DeadlineExceeded, await StatusOfAsync(response));
    }

    [Fact]
    public async Task Message_that_breaks_off_harms_nobody()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => SendAsync([], request =>
        {
            request.Content = new Stalling([0, 0, 0, 1, 0, 1, 2, 3], forever: false);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }));
        Assert.Equal(StatusCode.OK, await StatusAsync(Framed(new ProbeRequest().ToByteArray())));
    }

    [Fact]
    public async Task Reader_that_does_not_read_is_cut_off_at_the_deadline()
    {
        var request = new ProbeRequest { Count = 1000, ReplySize = 1024 * 1024 };
        using var response = await SendAsync(new Uri(_server.Address, "/relais.test.v1.Probe/Repeat"), Framed(request.ToByteArray()), change => change.Headers.Add("grpc-timeout", "500m"));
        await Task.Delay(1000, Cancel);
        try
        {
            Assert.Equal(StatusCode.DeadlineExceeded, await StatusOfAsync(response));
        }
        catch (HttpIOException reset)
        {
            Assert.Equal(0x8, Assert.IsType<HttpProtocolException>(reset).ErrorCode);
        }
        catch (HttpRequestException reset)
        {
            Assert.Equal(0x8, Assert.IsType<HttpProtocolException>(reset.InnerException).ErrorCode);
        }
    }

    internal static byte[] Framed(byte[] payload)
    {
        var frame = new byte[5 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    private async Task<StatusCode> StatusAsync(byte[] body, Action<HttpRequestMessage>? change = null)
    {
        using var response = await SendAsync(body, change);
        return await StatusOfAsync(response);
    }

    private static async Task<StatusCode> StatusOfAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await response.Content.ReadAsByteArrayAsync(Cancel);
        var values = response.Headers.TryGetValues("grpc-status", out var only) ? only : response.TrailingHeaders.GetValues("grpc-status");
        return (StatusCode)int.Parse(Assert.Single(values), System.Globalization.CultureInfo.InvariantCulture);
    }

    private Task<HttpResponseMessage> SendAsync(byte[] body, Action<HttpRequestMessage>? change = null) =>
        SendAsync(new Uri(_server.Address, "/relais.test.v1.Probe/Echo"), body, change);

    private Task<HttpResponseMessage> SendAsync(Uri address, byte[] body, Action<HttpRequestMessage>? change)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        change?.Invoke(request);
        return _http.SendAsync(request, Cancel);
    }

    private sealed class Stalling(byte[] beginning, bool forever) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(beginning, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            if (!forever)
                throw new IOException("The message breaks off.");
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
