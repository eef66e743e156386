using System.Net;

namespace Relais.Gateway;

/// <summary>
/// The address of whoever calls, past the proxies that are ours: what a header says of it counts only as far as trusted
/// proxies wrote it, from the nearest on (RFC 7239, 8.1).
/// </summary>
internal sealed class ClientAddress
{
    private readonly IReadOnlyList<IPNetwork> trusted;
    private readonly string header;

    public ClientAddress(GatewayOptions options)
    {
        trusted = [.. options.TrustedProxies.Select(network => Networks.TryParse(network, out var parsed) ? parsed : throw new FormatException(network))];
        header = options.ForwardedHeader;
    }

    /// <summary>IPv4 addresses come as such, also when they arrive over IPv6.</summary>
    public IPAddress Of(HttpContext context)
    {
        var address = Networks.Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        if (trusted.Count == 0 || !Networks.Contains(trusted, address))
            return address;
        var hops = context.Request.Headers[header].SelectMany(line => (line ?? "").Split(',')).ToList();
        for (var position = hops.Count - 1; position >= 0; position--)
        {
            if (Parse(hops[position]) is not { } hop)
                return address;
            address = hop;
            if (!Networks.Contains(trusted, address))
                return address;
        }

        return address;
    }

    // An entry of X-Forwarded-For, or an element of Forwarded: for=192.0.2.60;proto=https, for="[2001:db8::17]:4711".
    private IPAddress? Parse(string hop)
    {
        if (header.Equals(GatewayOptions.StandardForwardedHeader, StringComparison.OrdinalIgnoreCase))
        {
            hop = hop.Split(';').Select(pair => pair.Split('=', 2)).FirstOrDefault(pair => pair.Length == 2 && pair[0].Trim().Equals("for", StringComparison.OrdinalIgnoreCase)) is [_, var value]
                ? value.Trim().Trim('"')
                : "";
        }

        hop = hop.Trim();
        // A port may follow: of an IPv4 address, or of an IPv6 address in brackets.
        if (hop.StartsWith('['))
            hop = hop.IndexOf(']') is > 0 and var end ? hop[1..end] : "";
        else if (hop.Count(letter => letter == ':') == 1)
            hop = hop[..hop.IndexOf(':')];
        return IPAddress.TryParse(hop, out var address) ? Networks.Plain(address) : null;
    }
}

/// <summary>Networks as options name them.</summary>
internal static class Networks
{
    /// <summary><c>10.0.0.0/8</c>, or an address for itself alone.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network))
            return true;
        if (!IPAddress.TryParse(text, out var address))
            return false;
        network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    public static bool Contains(IReadOnlyList<IPNetwork> networks, IPAddress address) => networks.Any(network => network.Contains(address));

    /// <summary>IPv4 addresses as such, without the clothes of IPv6.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
