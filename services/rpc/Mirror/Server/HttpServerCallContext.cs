using System.Net;
using System.Net.Sockets;
using System.Text;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Server;

/// <summary>One call on an HTTP/2 request: what its handler sees, and its encodings.</summary>
internal sealed class HttpServerCallContext(HttpContext httpContext, IMethod method, MethodOptions options) : ServerCallContext, IServerCallContextFeature
{
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private ICompressionProvider? _responseEncoding;

    public HttpContext HttpContext { get; } = httpContext;

    public MethodOptions Options { get; } = options;

    public ServerCallContext ServerCallContext => this;

    /// <summary>Set when the client sent a deadline.</summary>
    public CallDeadline? DeadlineGuard { get; private set; }

    public bool HasTrailers => _responseTrailers is { Count: > 0 };

    /// <summary>The first message went out, or the call ended: no more headers.</summary>
    public bool HeadersSent { get; set; }

    protected override string MethodCore => HttpContext.Request.Path.Value ?? method.FullName;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => FormatPeer(HttpContext.Connection.RemoteIpAddress, HttpContext.Connection.RemotePort);

    protected override DateTime DeadlineCore => DeadlineGuard?.Deadline ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders(HttpContext.Request.Headers);

    protected override CancellationToken CancellationTokenCore => DeadlineGuard?.Token ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= ReadAuthContext();

    /// <summary>Reads the protocol's headers and begins the response.</summary>
    public void Start()
    {
        HttpContext.Features.Set<IServerCallContextFeature>(this);
        var request = HttpContext.Request.Headers;
        var response = HttpContext.Response;
        response.ContentType = Headers.ContentType;

        if (request.TryGetValue(Headers.Timeout, out var timeout) && Headers.TryParseTimeout(timeout.ToString(), out var span))
            DeadlineGuard = new CallDeadline(this, span);

        if (Options.ResponseEncoding is not null)
            UseResponseEncoding(Options.ResponseEncoding);
    }

    /// <summary>Cancelled with the call or with the token; null when the call's own token says it all.</summary>
    public CancellationTokenSource? Link(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && cancellationToken != CancellationToken ? CancellationTokenSource.CreateLinkedTokenSource(CancellationToken, cancellationToken) : null;

    /// <summary>How the client compressed a message; null when it named no encoding.</summary>
    /// <exception cref="RpcException">Unimplemented: the encoding is unknown here; the response tells those that are known.</exception>
    public ICompressionProvider? FindRequestEncoding()
    {
        string? encoding = HttpContext.Request.Headers[Headers.Encoding];
        if (encoding is null or Encodings.Identity)
            return null;
        if (Options.Encodings.Find(encoding) is { } provider)
            return provider;
        if (!HttpContext.Response.HasStarted)
            HttpContext.Response.Headers[Headers.AcceptEncoding] = Options.Encodings.AcceptHeader;
        throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {Options.Encodings.AcceptHeader}"));
    }

    /// <summary>How the next message is compressed; null when it is not.</summary>
    public ICompressionProvider? EncodingFor(WriteOptions? writeOptions) =>
        _responseEncoding is not null && ((writeOptions ?? WriteOptions)?.Flags & WriteFlags.NoCompress) != WriteFlags.NoCompress ? _responseEncoding : null;

    /// <summary>Puts the handler's trailers and the status on the response: into its headers when nothing was sent yet.</summary>
    /// <returns>The status; Internal instead when a trailer cannot be sent.</returns>
    public Status WriteTrailers(Status status)
    {
        var target = StatusTarget();
        try
        {
            foreach (var entry in _responseTrailers ?? [])
                Append(target, entry);
        }
        catch (RpcException unsendable)
        {
            status = unsendable.Status;
        }
        WriteStatus(target, status);
        return status;
    }

    /// <summary>Puts the status alone on the response.</summary>
    public void WriteStatus(Status status) => WriteStatus(StatusTarget(), status);

    private IHeaderDictionary StatusTarget()
    {
        var response = HttpContext.Response;
        var trailersOnly = !HeadersSent && !response.HasStarted;
        return trailersOnly ? response.Headers : HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
    }

    private static void WriteStatus(IHeaderDictionary target, Status status)
    {
        var code = (int)status.StatusCode;
        target[Headers.Status] = (uint)code < (uint)StatusCodes.Length ? StatusCodes[code] : code.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (status.Detail.Length > 0)
            target[Headers.Message] = Headers.EncodeMessage(status.Detail);
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (HeadersSent || HttpContext.Response.HasStarted)
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        foreach (var entry in responseHeaders)
        {
            if (entry.Key == Headers.EncodingRequest)
                UseResponseEncoding(entry.Value);
            else
                Append(HttpContext.Response.Headers, entry);
        }
        HeadersSent = true;
        if (DeadlineGuard is null)
        {
            await HttpContext.Response.BodyWriter.FlushAsync(System.Threading.CancellationToken.None);
            return;
        }
        if (!DeadlineGuard.TryBeginWrite())
            throw new InvalidOperationException("Can't send response headers because the request is complete.");
        try
        {
            await HttpContext.Response.BodyWriter.FlushAsync(System.Threading.CancellationToken.None);
        }
        finally
        {
            DeadlineGuard.EndWrite();
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotImplementedException("Context flows through EnableCallContextPropagation of the client factory.");

    private static readonly string[] StatusCodes = [.. Enumerable.Range(0, 17).Select(code => code.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    private static void Append(IHeaderDictionary target, Metadata.Entry entry) =>
        target[entry.Key] = StringValues.Concat(target[entry.Key], Headers.Encode(entry));

    private static Metadata ReadRequestHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            var key = name.ToLowerInvariant();
            if (key is "content-type" or "te" or "host" or "accept-encoding" or Headers.Encoding or Headers.AcceptEncoding or Headers.Timeout || key[0] == ':')
                continue;
            foreach (var value in values)
                Headers.AddReceived(metadata, key, value ?? "");
        }
        return metadata;
    }

    private static string FormatPeer(IPAddress? address, int port) => address switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } => $"ipv6:[{address}]:{port}",
        _ => $"ipv4:{(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}:{port}",
    };

    private void UseResponseEncoding(string encoding)
    {
        var provider = Options.Encodings.Find(encoding);
        if (provider is not null && !ClientAccepts(encoding))
            provider = null;
        _responseEncoding = provider;
        if (provider is not null)
            HttpContext.Response.Headers[Headers.Encoding] = provider.EncodingName;
        else
            HttpContext.Response.Headers.Remove(Headers.Encoding);
    }

    private bool ClientAccepts(string encoding)
    {
        foreach (var header in HttpContext.Request.Headers[Headers.AcceptEncoding])
        {
            foreach (var part in header.AsSpan().Split(','))
            {
                if (header.AsSpan()[part].Trim().SequenceEqual(encoding))
                    return true;
            }
        }
        return false;
    }

    private AuthContext ReadAuthContext()
    {
        var certificate = HttpContext.Connection.ClientCertificate;
        if (certificate is null)
            return new AuthContext(null, []);
        var properties = new Dictionary<string, List<AuthProperty>>(StringComparer.Ordinal);
        var name = certificate.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, false);
        properties["x509_common_name"] = [AuthProperty.Create("x509_common_name", Encoding.UTF8.GetBytes(name))];
        var names = certificate.Extensions.OfType<System.Security.Cryptography.X509Certificates.X509SubjectAlternativeNameExtension>()
            .SelectMany(extension => extension.EnumerateDnsNames())
            .Select(dns => AuthProperty.Create("x509_subject_alternative_name", Encoding.UTF8.GetBytes(dns)))
            .ToList();
        if (names.Count == 0)
            return new AuthContext("x509_common_name", properties);
        properties["x509_subject_alternative_name"] = names;
        return new AuthContext("x509_subject_alternative_name", properties);
    }
}
