using System.Net;
using Microsoft.AspNetCore.Http;
using Relais.Gateway;

namespace Relais.Unit.Gateway;

public sealed class ClientAddressTests
{
    [Theory]
    // Nobody is trusted who is not listed.
    [InlineData("203.0.113.9", "198.51.100.1", "203.0.113.9")]
    [InlineData("10.0.0.1", "198.51.100.1", "198.51.100.1")]
    // What a client writes stands left of what the proxies add.
    [InlineData("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1")]
    [InlineData("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1")]
    [InlineData("10.0.0.1", "1.2.3.4, garbage", "10.0.0.1")]
    [InlineData("10.0.0.1", "1.2.3.4, garbage, 10.9.9.9", "10.9.9.9")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("10.0.0.1", null, "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.0.0.1", "[2001:db8::17]:4711", "2001:db8::17")]
    [InlineData("10.0.0.1", "2001:db8::17", "2001:db8::17")]
    [InlineData("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("2001:db8:1::5", "198.51.100.1", "198.51.100.1")]
    [InlineData("2001:db8:2::5", "198.51.100.1", "2001:db8:2::5")]
    public void Of_takes_the_header_from_trusted_proxies_alone(string peer, string? header, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), Read("X-Forwarded-For", peer, header));

    [Theory]
    [InlineData("10.0.0.1", "for=198.51.100.1;proto=https", "198.51.100.1")]
    [InlineData("10.0.0.1", "for=1.2.3.4, For=\"[2001:db8::17]:4711\";by=10.0.0.2", "2001:db8::17")]
    [InlineData("10.0.0.1", "for=1.2.3.4, proto=https", "10.0.0.1")]
    [InlineData("10.0.0.1", "for=_hidden, for=10.3.3.3", "10.3.3.3")]
    public void Of_reads_the_standard_header_where_the_proxies_write_that(string peer, string header, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), Read("Forwarded", peer, header));

    [Fact]
    public void Of_ignores_the_header_that_the_proxies_do_not_write()
    {
        var context = Context("10.0.0.1", "Forwarded", "for=1.2.3.4");
        Assert.Equal(IPAddress.Parse("10.0.0.1"), new ClientAddress(Options("X-Forwarded-For")).Of(context));
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.7", true)]
    [InlineData("2001:db8::/32", true)]
    [InlineData("10.0.0.0/40", false)]
    [InlineData("proxy.example", false)]
    public void Problems_names_what_is_no_network(string network, bool isGood)
    {
        var options = new GatewayOptions();
        options.TrustedProxies.Add(network);
        Assert.Equal(isGood, !options.Problems().Any());
    }

    private static IPAddress Read(string name, string peer, string? header) => new ClientAddress(Options(name)).Of(Context(peer, name, header));

    private static GatewayOptions Options(string header) => new() { ForwardedHeader = header, TrustedProxies = { "10.0.0.0/8", "2001:db8:1::/48" } };

    private static DefaultHttpContext Context(string peer, string name, string? header)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (header is not null)
            context.Request.Headers[name] = header;
        return context;
    }
}
