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
}
