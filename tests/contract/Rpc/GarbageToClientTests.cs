using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relais.Contract.Rpc.Proto;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>What no gRPC server would answer: each case has a clear status.</summary>
public sealed class GarbageToClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public Task Http_status_is_mapped(int httpStatus, StatusCode expected) => ExpectAsync(expected, context =>
    {
        context.Response.StatusCode = httpStatus;
        return context.Response.WriteAsync("<html>", Cancel);
    });

    [Theory]
    [InlineData("text/html", "", null, StatusCode.Unknown)]
    [InlineData("application/grpc", "", null, StatusCode.Unknown)]
    [InlineData("application/grpc", "0000000000", null, StatusCode.Unknown)]
    [InlineData("application/grpc", "", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "00", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "0000000005AA", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "0000000005AA", "5", StatusCode.NotFound)]
    [InlineData("application/grpc", "09000000020A00", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "00FFFFFFFF", "0", StatusCode.ResourceExhausted)]
    [InlineData("application/grpc", "0000000003FFFFFF", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "00000000000000000000", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "01000000020A00", "0", StatusCode.Internal)]
    [InlineData("application/grpc", "0000000000", "99", StatusCode.Unknown)]
    [InlineData("application/grpc", "0000000000", "good", StatusCode.Unknown)]
    [InlineData("application/grpc", "0000000000", "0", StatusCode.OK)]
    public Task Broken_answers_have_a_status(string contentType, string body, string? status, StatusCode expected) => ExpectAsync(expected, async context =>
    {
        context.Response.ContentType = contentType;
        await context.Response.StartAsync(Cancel);
        await context.Response.Body.WriteAsync(Convert.FromHexString(body), Cancel);
        if (status is not null)
            context.Response.AppendTrailer("grpc-status", status);
    });

    [Fact]
    public Task Broken_binary_metadata_is_internal()
    {
        Profile.MirrorOnly("find that out when the value is asked for");
        return ExpectAsync(StatusCode.Internal, async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5], Cancel);
            context.Response.AppendTrailer("x-odd-bin", "not base64!");
            context.Response.AppendTrailer("grpc-status", "0");
        });
    }

    [Fact]
    public Task Response_cut_off_is_a_clear_status() => ExpectAsync(null, async context =>
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 9, 1 }, Cancel);
        await context.Response.Body.FlushAsync(Cancel);
        context.Abort();
    });

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public Task Stream_reset_means_what_its_code_says(int errorCode, StatusCode expected) => ExpectAsync(expected, async context =>
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync(Cancel);
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(errorCode);
    });

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")]
    [InlineData("\u0000\u0000\u0004\u0008\u0000\u0000\u0000\u0000\u0000\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("completely wrong bytes that are long enough for a frame header")]
    public async Task Broken_connection_is_a_clear_status(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(Cancel);
                await socket.ReceiveAsync(new byte[1024], Cancel);
                if (answer.Length > 0)
                    await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(answer), Cancel);
            }
        }, Cancel);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest(), deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancel));
        Assert.Contains(failure.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        listener.Stop();
        await serving.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable_unless_the_call_waits_for_ready()
    {
        int port;
        using (var reserve = new TcpListener(IPAddress.Loopback, 0))
        {
            reserve.Start();
            port = ((IPEndPoint)reserve.LocalEndpoint).Port;
        }
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new Probe.ProbeClient(channel);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest(), cancellationToken: Cancel))).StatusCode);
        using var stream = client.Converse(cancellationToken: Cancel);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => stream.RequestStream.WriteAsync(new ProbeRequest(), Cancel))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancel))).StatusCode);

        var patient = client.EchoAsync(new ProbeRequest { Text = "at last" }, new CallOptions(deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Cancel).WithWaitForReady());
        await using var server = await ProbeServer.StartAsync(port: port);
        Assert.Equal("at last", (await patient).Text);
    }

    private static async Task ExpectAsync(StatusCode? expected, RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(Cancel);
        using var channel = GrpcChannel.ForAddress(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var client = new Probe.ProbeClient(channel);
        var deadline = DateTime.UtcNow.AddSeconds(20);
        if (expected == StatusCode.OK)
        {
            await client.EchoAsync(new ProbeRequest(), deadline: deadline, cancellationToken: Cancel);
            return;
        }
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest(), deadline: deadline, cancellationToken: Cancel));
        Profile.AssertStatus(expected ?? failure.StatusCode, failure.StatusCode);
        Assert.NotEqual(StatusCode.DeadlineExceeded, failure.StatusCode);
    }
}
