using System.Net;
using Microsoft.AspNetCore.Http;

namespace Relais.Common.Hosting;

public static class DirectCalls
{
    // What proxies add to what they pass on: behind one on this machine everybody comes from this machine.
    private static readonly string[] AddedByProxies = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"];

    /// <summary>Whether somebody on this machine calls, and no proxy on it for others.</summary>
    public static bool IsDirectlyFromThisMachine(this HttpContext context) =>
        context.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from) && !AddedByProxies.Any(context.Request.Headers.ContainsKey);
}
