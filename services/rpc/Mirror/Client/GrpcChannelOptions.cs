using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

public sealed class GrpcChannelOptions
{
    public GrpcChannelOptions() { }

    /// <summary>Security of the channel; when null, the address decides.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Bytes; no limit unless set.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Bytes; 4 MB unless set, null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = Relais.Rpc.Wire.Frame.DefaultReceiveLimit;

    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Encodings beside gzip and deflate, or in their place.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Sends the requests; not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the requests; not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>The channel disposes the client or handler it was given.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>A call that was cancelled or ran out of time throws <see cref="OperationCanceledException"/> instead of <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Call credentials are also sent without TLS. For connections that are secured otherwise.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>HTTP/2 unless set.</summary>
    public Version? HttpVersion { get; set; }

    public HttpVersionPolicy? HttpVersionPolicy { get; set; }
}
