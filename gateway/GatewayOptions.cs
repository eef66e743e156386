using Relais.Common.Hosting;

namespace Relais.Gateway;

/// <summary>How the public face behaves.</summary>
internal sealed class GatewayOptions : ITargetOptions
{
    internal const string StandardForwardedHeader = "Forwarded";

    public static string Section => "Gateway";

    /// <summary>
    /// Web pages on these origins may call the JSON face, such as <c>https://www.example.com</c>: those that carry a chat
    /// widget. None by default.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>Bytes of a JSON body.</summary>
    public int LargestBodyBytes { get; set; } = 4 << 20;

    /// <summary>Bytes of the body of an import.</summary>
    public int LargestImportBytes { get; set; } = 64 << 20;

    /// <summary>Time for a call that does not wait for anything; a long poll has what it asked for on top.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Time for an import.</summary>
    public TimeSpan ImportTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The proxies before the gateway, as networks (<c>10.0.0.0/8</c>) or addresses: what they say of a client's address is
    /// believed. None by default: whoever connects is the client.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>
    /// The one header into which those proxies write: <c>X-Forwarded-For</c>, or <c>Forwarded</c> (RFC 7239). The other is
    /// what a client may have made up.
    /// </summary>
    public string ForwardedHeader { get; set; } = "X-Forwarded-For";

    public RateLimitOptions RateLimits { get; } = new();

    public IEnumerable<string> Problems()
    {
        foreach (var problem in RateLimits.Problems())
            yield return $"{nameof(RateLimits)}:{problem}";
        foreach (var network in TrustedProxies.Where(network => !Networks.TryParse(network, out _)))
            yield return $"{nameof(TrustedProxies)} takes networks such as 10.0.0.0/8 and addresses; one is '{network}'.";
        if (!new[] { "X-Forwarded-For", StandardForwardedHeader }.Contains(ForwardedHeader, StringComparer.OrdinalIgnoreCase))
            yield return $"{nameof(ForwardedHeader)} is X-Forwarded-For or Forwarded; it is '{ForwardedHeader}'.";
        foreach (var origin in AllowedOrigins)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || origin != address.GetLeftPart(UriPartial.Authority))
                yield return $"{nameof(AllowedOrigins)} must be scheme and host such as https://www.example.com, without a path; one is '{origin}'.";
        }

        foreach (var (name, bytes) in new[] { (nameof(LargestBodyBytes), LargestBodyBytes), (nameof(LargestImportBytes), LargestImportBytes) })
        {
            if (bytes is < 1024 or > 1 << 30)
                yield return $"{name} must be between 1 KB and 1 GB; it is {bytes}.";
        }

        foreach (var (name, time) in new[] { (nameof(CallTimeout), CallTimeout), (nameof(ImportTimeout), ImportTimeout) })
        {
            if (time < TimeSpan.FromMilliseconds(100) || time > TimeSpan.FromMinutes(10))
                yield return $"{name} must be between 0.1 s and 10 min; it is {time}.";
        }
    }
}
