namespace Relais.Common.Hosting;

/// <summary>What every target of one platform shares.</summary>
public sealed class PlatformOptions : ITargetOptions
{
    /// <summary>The client ids with which services sign in begin so; the target's name follows.</summary>
    public const string ServiceClientPrefix = "service:";

    public static string Section => "Platform";

    /// <summary>The secret with which services sign in to identity: the same for all, at least 32 characters.</summary>
    public string ServiceSecret { get; set; } = "";

    public IEnumerable<string> Problems()
    {
        if (ServiceSecret.Length < 32)
            yield return $"{nameof(ServiceSecret)} must have at least 32 random characters, the same for every target.";
    }
}

/// <summary>Where a target listens.</summary>
public sealed class ListenOptions : ITargetOptions
{
    public static string Section => "Listen";

    private static readonly TimeSpan LongestDrainDelay = TimeSpan.FromMinutes(1);

    /// <summary>gRPC, HTTP/2. Without a certificate: cleartext with prior knowledge. Port 0 takes any free one.</summary>
    public string Grpc { get; set; } = "http://127.0.0.1:0";

    /// <summary>Health, metrics and, at the gateway, the public face; HTTP/1.1, with a certificate HTTP/2 too.</summary>
    public string Http { get; set; } = "http://127.0.0.1:0";

    /// <summary>Where the target's other replicas reach its gRPC; empty for where it listens, or the machine's first address where that is any.</summary>
    public string Advertised { get; set; } = "";

    /// <summary>PEM files; both or none. With them both endpoints speak TLS.</summary>
    public string CertificateFile { get; set; } = "";

    public string CertificateKeyFile { get; set; } = "";

    /// <summary>PEM file of the authority that signed the other targets' certificates; empty trusts the system's.</summary>
    public string AuthorityFile { get; set; } = "";

    /// <summary>
    /// How long a target that is asked to end still accepts connections, while its readiness says that it drains: as long as
    /// what balances before it takes to notice.
    /// </summary>
    public TimeSpan DrainDelay { get; set; }

    public IEnumerable<string> Problems()
    {
        if (DrainDelay < TimeSpan.Zero || DrainDelay > LongestDrainDelay)
            yield return $"{nameof(DrainDelay)} must be from 0 to {LongestDrainDelay.TotalSeconds:0} s; it is '{DrainDelay}'.";
        foreach (var (name, url) in new[] { (nameof(Grpc), Grpc), (nameof(Http), Http) })
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                yield return $"{name} must be an address such as http://127.0.0.1:5001; it is '{url}'.";
        }

        if (Advertised.Length > 0 && (!Uri.TryCreate(Advertised, UriKind.Absolute, out var known) || known.Scheme is not ("http" or "https")))
            yield return $"{nameof(Advertised)} must be an address such as http://10.0.0.7:5001; it is '{Advertised}'.";
        if ((CertificateFile.Length == 0) != (CertificateKeyFile.Length == 0))
            yield return $"{nameof(CertificateFile)} and {nameof(CertificateKeyFile)} go together.";
        foreach (var file in new[] { CertificateFile, CertificateKeyFile, AuthorityFile })
        {
            if (file.Length > 0 && !File.Exists(file))
                yield return $"the file '{file}' does not exist.";
        }
    }
}
