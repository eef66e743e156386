using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Relais.Common.Hosting;

/// <summary>
/// Where the other targets are: <c>services:{target}:grpc:0</c>, as Aspire names endpoints. Read at the first call, since
/// a target may learn its port only when it starts.
/// </summary>
public sealed class ServiceAddresses(IConfiguration configuration, ListenOptions listen) : IDisposable
{
    private readonly ConcurrentDictionary<string, GrpcChannel> channels = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The configuration has no address for that target.</exception>
    public Uri Of(string target) => configuration[$"services:{target}:grpc:0"] is { Length: > 0 } address
        ? new Uri(address)
        : throw new InvalidOperationException($"services:{target}:grpc:0 is not configured: where is {target}?");

    /// <summary>A channel without credentials of its own; one per target.</summary>
    public GrpcChannel ChannelOf(string target) => channels.GetOrAdd(target, name =>
        GrpcChannel.ForAddress(Of(name), new GrpcChannelOptions { HttpHandler = CreateHandler(), DisposeHttpClient = true }));

    /// <summary>A handler for gRPC over many streams, which trusts the configured authority.</summary>
    public SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = TimeSpan.FromSeconds(60),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
            UseProxy = false,
        };
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

    public void Dispose()
    {
        foreach (var channel in channels.Values)
            channel.Dispose();
    }
}
