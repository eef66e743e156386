using System.Net;
using System.Net.Sockets;
using Relais.AppHost.Local;

namespace Relais.Contract.Local;

public sealed class LoopbackPortsTests
{
    [Fact]
    public void Ports_are_given_once_each_and_can_be_listened_at()
    {
        var ports = Enumerable.Range(0, 150).Select(_ => LoopbackPorts.Next()).ToList();
        Assert.Equal(ports.Count, ports.Distinct().Count());
        using var listener = new TcpListener(IPAddress.Loopback, ports[^1]);
        listener.Start();
    }

    [Fact]
    public async Task Whoever_else_takes_ports_sees_that_a_block_has_an_owner()
    {
        var port = LoopbackPorts.Next();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port / 100 * 100, TestContext.Current.CancellationToken);
        Assert.True(client.Connected);
    }

    [Fact]
    public void Ports_that_somebody_chose_are_passed_over()
    {
        var before = LoopbackPorts.Next();
        var chosen = Enumerable.Range(before + 1, 20).ToList();
        chosen.ForEach(LoopbackPorts.Leave);
        Assert.DoesNotContain(LoopbackPorts.Next(), chosen);
    }
}
