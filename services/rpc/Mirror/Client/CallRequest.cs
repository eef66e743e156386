using System.Net.Http;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Client;

/// <summary>Builds the HTTP request of a call.</summary>
internal static class CallRequest
{
    private const string UserAgent = "grpc-dotnet-relais/1.0";

    public static HttpRequestMessage Create(GrpcChannel channel, IMethod method, string? host, in CallOptions options, ICompressionProvider? encoding, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, channel.UriOf(method))
        {
            Version = channel.Version,
            VersionPolicy = channel.VersionPolicy,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation(Headers.AcceptEncoding, channel.Encodings.AcceptHeader);
        if (encoding is not null)
            headers.TryAddWithoutValidation(Headers.Encoding, encoding.EncodingName);
        if (host is not null)
            headers.Host = host;
        if (options.Deadline is { } deadline && deadline != DateTime.MaxValue)
            headers.TryAddWithoutValidation(Headers.Timeout, Headers.FormatTimeout(deadline - DateTime.UtcNow));
        if (options.Headers is { Count: > 0 } metadata)
            Add(request, metadata);
        return request;
    }

    /// <summary>Asks the call's and the channel's credentials for their headers.</summary>
    public static async ValueTask AddCredentialsAsync(HttpRequestMessage request, GrpcChannel channel, IMethod method, CallOptions options, CancellationToken cancellationToken)
    {
        if (!channel.SendsCallCredentials)
            return;
        var address = request.RequestUri!;
        var authority = address.IsDefaultPort ? address.Host : address.Authority;
        var context = new AuthInterceptorContext($"{address.Scheme}://{authority}/{method.ServiceName}", method.Name, cancellationToken);
        var credentials = new CredentialsReader();
        options.Credentials?.InternalPopulateConfiguration(credentials, null);
        channel.CallCredentials?.InternalPopulateConfiguration(credentials, null);
        foreach (var interceptor in credentials.Interceptors)
        {
            var metadata = new Metadata();
            await interceptor(context, metadata);
            Add(request, metadata);
        }
    }

    private static void Add(HttpRequestMessage request, Metadata metadata)
    {
        for (var i = 0; i < metadata.Count; i++)
        {
            var entry = metadata[i];
            if (entry.Key != Headers.EncodingRequest)
                request.Headers.TryAddWithoutValidation(entry.Key, Headers.Encode(entry));
        }
    }

    private sealed class CredentialsReader : CallCredentialsConfiguratorBase
    {
        public List<AsyncAuthInterceptor> Interceptors { get; } = [];

        public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => Interceptors.Add(interceptor);

        public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
        {
            foreach (var part in credentials)
                part.InternalPopulateConfiguration(this, state);
        }
    }
}
