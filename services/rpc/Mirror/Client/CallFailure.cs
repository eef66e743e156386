using System.Net;
using System.Net.Http;
using Grpc.Core;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Client;

/// <summary>The gRPC status that stands for what HTTP reports.</summary>
internal static class CallFailure
{
    /// <summary>doc/http-grpc-status-mapping.md of the gRPC project.</summary>
    public static StatusCode OfHttpStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>A connection that fails is Unavailable; a stream reset means what its HTTP/2 error code says.</summary>
    public static Status Of(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException protocol)
                return new Status(OfErrorCode(protocol.ErrorCode), Describe(failure), failure);
        }
        var code = failure switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.VersionNegotiationError } => StatusCode.Internal,
            HttpRequestException or IOException => StatusCode.Unavailable,
            _ => StatusCode.Internal,
        };
        return new Status(code, Describe(failure), failure);
    }

    /// <summary>What the response says before its body; null when it is the beginning of a good answer.</summary>
    public static Status? OfResponse(HttpResponseMessage response)
    {
        if (StatusIn(response.Headers) is { } status)
            return status;
        if (response.Version < HttpVersion.Version20)
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version}.");
        if (response.StatusCode != HttpStatusCode.OK)
            return new Status(OfHttpStatus(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        var contentType = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var values) ? values.ToString() : null;
        if (!Headers.IsGrpc(contentType))
            return new Status(StatusCode.Unknown, contentType is null ? "Bad gRPC response. Response did not have a content-type header." : $"Bad gRPC response. Invalid content-type value: {contentType}");
        return null;
    }

    /// <summary>The status in headers or trailers; null when there is none.</summary>
    public static Status? StatusIn(System.Net.Http.Headers.HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(Headers.Status, out var codes))
            return null;
        var text = codes.ToString();
        if (!int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var code))
            return new Status(StatusCode.Unknown, $"Unexpected grpc-status value: {text}");
        var message = headers.NonValidated.TryGetValues(Headers.Message, out var messages) ? Headers.DecodeMessage(messages.ToString()) : "";
        return code is >= 0 and <= 16
            ? new Status((StatusCode)code, message)
            : new Status(StatusCode.Unknown, message.Length == 0 ? $"Unexpected grpc-status value: {text}" : message);
    }

    public static Metadata MetadataIn(System.Net.Http.Headers.HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            var key = name.ToLowerInvariant();
            if (key is Headers.Status or Headers.Message or Headers.Encoding or Headers.AcceptEncoding)
                continue;
            foreach (var value in values)
                Headers.AddReceived(metadata, key, value);
        }
        return metadata;
    }

    // gRPC over HTTP2, "Errors"; NO_ERROR reaches a caller only when a draining server never saw the call.
    private static StatusCode OfErrorCode(long code) => code switch
    {
        0x0 or 0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };

    private static string Describe(Exception failure)
    {
        var cause = failure.InnerException is { } inner && !failure.Message.Contains(inner.Message, StringComparison.Ordinal)
            ? $" {inner.GetType().Name}: {inner.Message}"
            : "";
        return $"Error in the call to the server: {failure.Message}{cause}";
    }
}
