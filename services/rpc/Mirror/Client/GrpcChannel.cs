using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Relais.Rpc.Client;
using Relais.Rpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A virtual connection to one address; safe for many callers, costly to make, so one is shared.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly ConcurrentDictionary<string, Uri> _methods = new(StringComparer.Ordinal);
    private readonly Uri _address;
    private readonly HttpMessageInvoker _invoker;
    private readonly bool _ownsInvoker;
    private readonly CancellationTokenSource _disposing = new();
    private int _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options) : base(address.Authority)
    {
        if (options.HttpClient is not null && options.HttpHandler is not null)
            throw new ArgumentException($"{nameof(options.HttpClient)} and {nameof(options.HttpHandler)} have been configured. Only one HTTP caller can be specified.");
        _address = address;
        Options = options;
        MaxSend = options.MaxSendMessageSize;
        MaxReceive = options.MaxReceiveMessageSize;
        Encodings = new Encodings([.. options.CompressionProviders ?? Encodings.Defaults]);
        var security = new ChannelSecurity(options.Credentials);
        if (security.Secure is { } secure && secure != (address.Scheme == Uri.UriSchemeHttps))
            throw new InvalidOperationException($"Channel is configured with {(secure ? "secure" : "insecure")} channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        CallCredentials = security.CallCredentials;
        SendsCallCredentials = address.Scheme == Uri.UriSchemeHttps || options.UnsafeUseInsecureChannelCallCredentials;
        Version = options.HttpVersion ?? HttpVersion.Version20;
        VersionPolicy = options.HttpVersionPolicy ?? HttpVersionPolicy.RequestVersionExact;
        (_invoker, _ownsInvoker) = options switch
        {
            { HttpClient: { } client } => (client, options.DisposeHttpClient),
            { HttpHandler: { } handler } => (new HttpMessageInvoker(handler, options.DisposeHttpClient), true),
            _ => (new HttpMessageInvoker(CreateHandler(), disposeHandler: true), true),
        };
    }

    internal GrpcChannelOptions Options { get; }

    internal int? MaxSend { get; }

    internal int? MaxReceive { get; }

    internal Encodings Encodings { get; }

    /// <summary>Credentials that go with every call; null when there are none.</summary>
    internal CallCredentials? CallCredentials { get; }

    internal bool SendsCallCredentials { get; }

    internal Version Version { get; }

    internal HttpVersionPolicy VersionPolicy { get; }

    /// <summary>Cancelled when the channel is disposed.</summary>
    internal CancellationToken Disposing => _disposing.Token;

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        return ForAddress(new Uri(address), channelOptions);
    }

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <exception cref="ArgumentException">The address is neither http nor https.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"No address resolver configured for '{address}': give an http or https address.", nameof(address));
        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new HttpCallInvoker(this);
    }

    /// <summary>Ends the channel's calls as cancelled and closes its connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _disposing.Cancel();
        if (_ownsInvoker)
            _invoker.Dispose();
        _disposing.Dispose();
    }

    internal Uri UriOf(IMethod method) => _methods.GetOrAdd(method.FullName, static (path, address) => new Uri(address, path), _address);

    // HttpClient would otherwise read the whole response before it returns.
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _invoker.SendAsync(request, cancellationToken);

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed != 0, this);

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }

    private static SocketsHttpHandler CreateHandler() => new()
    {
        EnableMultipleHttp2Connections = true,
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
    };

    private sealed class ChannelSecurity : ChannelCredentialsConfiguratorBase
    {
        public ChannelSecurity(ChannelCredentials? credentials) => credentials?.InternalPopulateConfiguration(this, null);

        public bool? Secure { get; private set; }

        public CallCredentials? CallCredentials { get; private set; }

        public override void SetInsecureCredentials(object? state) => Secure = false;

        public override void SetSslCredentials(object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
        {
            if (!string.IsNullOrEmpty(rootCertificates) || keyCertificatePair is not null || verifyPeerCallback is not null)
                throw new InvalidOperationException($"{nameof(SslCredentials)} with non-null arguments is not supported by {nameof(GrpcChannel)}. {nameof(GrpcChannel)} uses HttpClient to make gRPC calls and HttpClient automatically loads root certificates from the operating system certificate store. Client certificates should be configured on HttpClient.");
            Secure = true;
        }

        public override void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
        {
            channelCredentials.InternalPopulateConfiguration(this, null);
            CallCredentials = callCredentials;
        }
    }
}
