using Grpc.Core;
using Grpc.Net.Client;
using Relais.Contract.Rpc.Proto;
using Xunit;

namespace Relais.Contract.Rpc;

/// <summary>Client and server of this repository with each other, through the API that generated code uses.</summary>
public sealed class MirrorToMirrorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_four_kinds_carry_messages_and_trailers()
    {
        await using var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Probe.ProbeClient(channel);

        using var echo = client.EchoAsync(new ProbeRequest { Text = "bonjour" }, new Metadata { { "x-one", "1" }, { "x-two-bin", [0, 1, 255] } }, cancellationToken: Cancel);
        Assert.Equal("bonjour", (await echo).Text);
        Assert.Equal("1", echo.GetTrailers().GetValue("x-one"));
        Assert.Equal([0, 1, 255], echo.GetTrailers().GetValueBytes("x-two-bin"));
        Assert.Equal(StatusCode.OK, echo.GetStatus().StatusCode);

        using var collect = client.Collect(cancellationToken: Cancel);
        foreach (var word in new[] { "a", "b", "c" })
            await collect.RequestStream.WriteAsync(new ProbeRequest { Text = word }, Cancel);
        await collect.RequestStream.CompleteAsync();
        Assert.Equal("a b c", (await collect).Text);

        using var repeat = client.Repeat(new ProbeRequest { Text = "again", Count = 5 }, cancellationToken: Cancel);
        var counts = new List<int>();
        await foreach (var reply in repeat.ResponseStream.ReadAllAsync(Cancel))
            counts.Add(reply.Count);
        Assert.Equal([0, 1, 2, 3, 4], counts);

        using var converse = client.Converse(cancellationToken: Cancel);
        for (var i = 0; i < 10; i++)
        {
            await converse.RequestStream.WriteAsync(new ProbeRequest { Text = $"turn {i}" }, Cancel);
            Assert.True(await converse.ResponseStream.MoveNext(Cancel));
            Assert.Equal($"turn {i}", converse.ResponseStream.Current.Text);
        }
        await converse.RequestStream.CompleteAsync();
        Assert.False(await converse.ResponseStream.MoveNext(Cancel));
    }

    [Fact]
    public async Task Request_above_the_limit_is_refused_while_it_is_still_being_sent()
    {
        await using var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Probe.ProbeClient(channel);
        var data = Google.Protobuf.ByteString.CopyFrom(new byte[20 * 1024 * 1024]);
        for (var i = 0; i < 5; i++)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest { Data = data }, cancellationToken: Cancel));
            Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        }
        Assert.Equal("small", (await client.EchoAsync(new ProbeRequest { Text = "small" }, cancellationToken: Cancel)).Text);
    }

    [Fact]
    public async Task Metadata_that_no_header_can_carry_is_internal_on_either_side()
    {
        await using var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Probe.ProbeClient(channel);
        var sent = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest(), new Metadata { { "x-name", "Zoé" } }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.Internal, sent.StatusCode);
        var returned = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new ProbeRequest { Text = "a\nb" }, new Metadata { { "x-trailer-from-text", "1" } }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.Internal, returned.StatusCode);
    }

    [Fact]
    public async Task Repeated_binary_metadata_keeps_every_value()
    {
        Profile.MirrorOnly("refuse an empty binary value");
        await using var server = await ProbeServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        using var call = new Probe.ProbeClient(channel).EchoAsync(new ProbeRequest(), new Metadata { { "x-a-bin", [1] }, { "x-a-bin", [] }, { "x-a-bin", [2, 3] } }, cancellationToken: Cancel);
        await call;
        Assert.Equal([[1], [], [2, 3]], call.GetTrailers().GetAll("x-a-bin").Select(entry => entry.ValueBytes));
    }
}
