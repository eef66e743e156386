using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Relais.Common.Hosting;

namespace Relais.Common.Calls;

/// <summary>
/// The replicas of a target: those that the configuration lists, or the addresses behind a name, looked up again and again.
/// Calls go to them in turn, past those that are not well.
/// </summary>
internal sealed class ReplicaSet : IDisposable
{
    public const string DnsScheme = "dns";

    private static readonly TimeSpan ShortestLookup = TimeSpan.FromSeconds(1);

    private readonly string target;
    private readonly IReadOnlyList<Uri> addresses;
    private readonly string scheme;
    private readonly CallsOptions options;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> lookUp;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly SemaphoreSlim oneLookup = new(1, 1);
    private IReadOnlyList<Replica> replicas = [];
    private long lookedUpAt;
    private bool isKnown;
    private int next = -1;

    /// <param name="addresses"><c>http://host:port</c>, <c>https://…</c>, or <c>dns:///name:port</c> for every address of a name.</param>
    /// <param name="lookUp">DNS.</param>
    public ReplicaSet(
        string target, IReadOnlyList<Uri> addresses, ListenOptions listen, CallsOptions options,
        Func<string, CancellationToken, Task<IPAddress[]>> lookUp, TimeProvider clock, ILogger logger)
    {
        this.target = target;
        this.addresses = addresses;
        this.options = options;
        this.lookUp = lookUp;
        this.clock = clock;
        this.logger = logger;
        var names = addresses.Where(address => address.Scheme == DnsScheme).Select(NameOf).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        // The platform speaks TLS as a whole or not at all.
        scheme = listen.CertificateFile.Length > 0 || addresses.Any(address => address.Scheme == Uri.UriSchemeHttps) ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        Http = new HttpMessageInvoker(CreateHandler(listen, names));
        Virtual = new Uri($"{scheme}://{target}");
    }

    /// <summary>Stands for the target in requests; the handler puts a replica's address in its place.</summary>
    public Uri Virtual { get; }

    public string Target => target;

    public HttpMessageInvoker Http { get; }

    /// <summary>
    /// The next replica in turn that is well; else one that is not, since nobody else is there; null when there is none
    /// left that has not been tried, or all have been silent for long.
    /// </summary>
    public async ValueTask<Replica?> ChooseAsync(IReadOnlyCollection<Replica> tried, CancellationToken cancellationToken)
    {
        var all = await KnownAsync(cancellationToken);
        var start = (uint)Interlocked.Increment(ref next);
        Replica? poor = null;
        for (var offset = 0u; offset < all.Count; offset++)
        {
            var replica = all[(int)((start + offset) % (uint)all.Count)];
            if (tried.Contains(replica))
                continue;
            if (replica.IsWell)
                return replica;
            if (poor is null && !replica.IsGivenUp)
                poor = replica;
        }

        return poor;
    }

    /// <summary>Whether a call that is taken from this replica would find a better one.</summary>
    public bool HasOther(Replica than) => replicas.Any(replica => replica != than && replica.IsWell);

    /// <summary>A replica was not there: the name may stand for others by now.</summary>
    public void Doubt()
    {
        if (clock.GetElapsedTime(lookedUpAt) >= ShortestLookup)
            _ = RefreshAsync(ShortestLookup);
    }

    public void Dispose()
    {
        foreach (var replica in replicas)
            replica.Retire();
        Http.Dispose();
        oneLookup.Dispose();
    }

    /// <exception cref="FormatException">It is none of the three forms.</exception>
    public static Uri Parse(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == DnsScheme && NameAndPort(uri) is not null))
            ? uri
            : throw new FormatException($"'{address}' is no address such as http://127.0.0.1:5001 or dns:///tickets:5001.");

    private ValueTask<IReadOnlyList<Replica>> KnownAsync(CancellationToken cancellationToken)
    {
        if (!Volatile.Read(ref isKnown))
            return FirstAsync();
        if (clock.GetElapsedTime(lookedUpAt) >= options.LookupInterval && addresses.Any(address => address.Scheme == DnsScheme))
            _ = RefreshAsync(options.LookupInterval);
        return ValueTask.FromResult(replicas);

        async ValueTask<IReadOnlyList<Replica>> FirstAsync()
        {
            await RefreshAsync(TimeSpan.Zero).WaitAsync(cancellationToken);
            return replicas;
        }
    }

    private async Task RefreshAsync(TimeSpan age)
    {
        await oneLookup.WaitAsync();
        try
        {
            if (isKnown && clock.GetElapsedTime(lookedUpAt) < age)
                return;
            var found = (await Task.WhenAll(addresses.Select(AddressesOfAsync))).SelectMany(part => part).Distinct().ToList();
            lookedUpAt = clock.GetTimestamp();
            // A name server that fails or knows nobody for a moment is no reason to forget whom we know.
            if (found.Count == 0)
                return;
            var kept = replicas.ToDictionary(replica => replica.Address);
            var updated = found.Select(address => kept.GetValueOrDefault(address) ?? new Replica(address, target, Http, options, clock, logger)).ToList();
            foreach (var gone in replicas.Except(updated))
                gone.Retire();
            replicas = updated;
            Volatile.Write(ref isKnown, true);
        }
        finally
        {
            oneLookup.Release();
        }
    }

    private async Task<IEnumerable<Uri>> AddressesOfAsync(Uri address)
    {
        if (NameAndPort(address) is not var (name, port))
            return [address];
        try
        {
            var found = await lookUp(name, CancellationToken.None);
            return found.Select(ip => new UriBuilder(scheme, ip.ToString(), port).Uri);
        }
        catch (SocketException)
        {
            // Not known, or not now.
            return [];
        }
    }

    private static string NameOf(Uri address) => NameAndPort(address)!.Value.Name;

    // dns:///name:port, or dns://authority/name:port whose authority the system's resolver does not need.
    private static (string Name, int Port)? NameAndPort(Uri address) =>
        address.Scheme == DnsScheme && address.AbsolutePath.TrimStart('/').Split(':') is [{ Length: > 0 } name, var port] && ushort.TryParse(port, out var number)
            ? (name, number)
            : null;

    /// <param name="names">The names in place of which addresses are connected to.</param>
    public static SocketsHttpHandler CreateHandler(ListenOptions listen, IReadOnlyList<string> names)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = TimeSpan.FromSeconds(60),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(2),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        // Behind a name are addresses; the certificate is for the name.
        if (names.Count == 1)
            handler.SslOptions.TargetHost = names[0];
        if (listen.AuthorityFile.Length > 0)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(listen.AuthorityFile);
        }

        return handler;
    }
}
