namespace Grpc.Core;

/// <summary>Where a call with credentials goes: the audience and the method.</summary>
public class AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
{
    public AuthInterceptorContext(string serviceUrl, string methodName) : this(serviceUrl, methodName, CancellationToken.None) { }

    public string ServiceUrl { get; } = serviceUrl ?? throw new ArgumentNullException(nameof(serviceUrl));

    public string MethodName { get; } = methodName ?? throw new ArgumentNullException(nameof(methodName));

    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Adds the credentials of one call to its headers.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

/// <summary>Credentials of a call, such as a token in its headers.</summary>
public abstract class CallCredentials
{
    protected CallCredentials() { }

    /// <summary>All of them, in order.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials) => new CompositeCallCredentials(credentials);

    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) => new InterceptorCallCredentials(interceptor);

    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class CompositeCallCredentials : CallCredentials
    {
        private readonly IReadOnlyList<CallCredentials> _credentials;

        public CompositeCallCredentials(CallCredentials[] credentials)
        {
            ArgumentNullException.ThrowIfNull(credentials);
            if (credentials.Length < 2)
                throw new ArgumentException("Composite credentials need at least two credentials.", nameof(credentials));
            _credentials = [.. credentials];
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, _credentials);
    }

    private sealed class InterceptorCallCredentials(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        private readonly AsyncAuthInterceptor _interceptor = interceptor ?? throw new ArgumentNullException(nameof(interceptor));

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetAsyncAuthInterceptorCredentials(state, _interceptor);
    }
}

/// <summary>Reads call credentials into the configuration of a call.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    protected CallCredentialsConfiguratorBase() { }

    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}

/// <summary>How a channel is secured, and credentials that go with each of its calls.</summary>
public abstract class ChannelCredentials
{
    public ChannelCredentials() { }

    /// <summary>No TLS.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS with the machine's trusted roots.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    internal virtual bool IsComposable => false;

    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials) =>
        new CompositeChannelCredentials(channelCredentials, callCredentials);

    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state);

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetInsecureCredentials(state);
    }

    private sealed class CompositeChannelCredentials : ChannelCredentials
    {
        private readonly ChannelCredentials _channel;
        private readonly CallCredentials _call;

        public CompositeChannelCredentials(ChannelCredentials channel, CallCredentials call)
        {
            _channel = channel ?? throw new ArgumentNullException(nameof(channel));
            _call = call ?? throw new ArgumentNullException(nameof(call));
            if (!channel.IsComposable)
                throw new ArgumentException($"CallCredentials can't be composed with {channel.GetType().Name}. CallCredentials must be used with secure channel credentials like SslCredentials.", nameof(channel));
        }

        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, _channel, _call);
    }
}

/// <summary>Reads channel credentials into the configuration of a channel.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    protected ChannelCredentialsConfiguratorBase() { }

    public abstract void SetInsecureCredentials(object? state);

    public abstract void SetSslCredentials(object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    public abstract void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}

/// <summary>A PEM certificate chain with its PEM private key.</summary>
public sealed class KeyCertificatePair(string certificateChain, string privateKey)
{
    public string CertificateChain { get; } = certificateChain ?? throw new ArgumentNullException(nameof(certificateChain));

    public string PrivateKey { get; } = privateKey ?? throw new ArgumentNullException(nameof(privateKey));
}

/// <summary>The server's certificate, for a caller that checks it itself.</summary>
public class VerifyPeerContext
{
    internal VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    public string TargetName { get; }

    public string PeerPem { get; }
}

/// <summary>True accepts the server.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

/// <summary>TLS. Roots, a client certificate and the server check are set on the HTTP handler of the channel.</summary>
public sealed class SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback) : ChannelCredentials
{
    private readonly VerifyPeerCallback? _verifyPeerCallback = verifyPeerCallback;

    public SslCredentials() : this(null, null, null) { }

    public SslCredentials(string? rootCertificates) : this(rootCertificates, null, null) { }

    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair) : this(rootCertificates, keyCertificatePair, null) { }

    public string? RootCertificates { get; } = rootCertificates;

    public KeyCertificatePair? KeyCertificatePair { get; } = keyCertificatePair;

    internal override bool IsComposable => true;

    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, _verifyPeerCallback);
}
