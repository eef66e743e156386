using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Grpc.Core;
using Relais.Common.Calls;
using Relais.Common.Hosting;
using Relais.Gateway.JsonFace;
using Relais.Gateway.Problems;
using Yarp.ReverseProxy.Forwarder;

namespace Relais.Gateway.GrpcFace;

/// <summary>
/// Passes gRPC through to the target that runs the service, streams and trailers included. Only methods that may be
/// called from outside have a way in; the host answers any other as Unimplemented.
/// </summary>
internal sealed class GrpcPassThrough(
    IHttpForwarder forwarder, ServiceAddresses addresses, GrpcRoutes routes, IHostApplicationLifetime lifetime) : IDisposable
{
    // A stream may be silent for long between two messages; other deadlines are the caller's own.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromHours(1);

    // A service that is well answers at its deadline; this much later it is taken for silent.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // A safe call is sent to a second replica when the first falls silent or ends.
    private const int MostAttempts = 2;

    private const string TimeoutHeader = "grpc-timeout";

    private readonly CallerTransformer transformer = new(lifetime);
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> invokers = new(StringComparer.Ordinal);

    /// <summary>Whether a request is gRPC, for a method with a way in. gRPC-Web and other kin are not gRPC.</summary>
    public bool Takes(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol)
        && request.ContentType is { } type
        && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
        && (type.Length == "application/grpc".Length || type["application/grpc".Length] is '+' or ';')
        && routes.Find(request.Path.Value ?? "") is not null;

    public async Task ForwardAsync(HttpContext context)
    {
        var route = routes.Find(context.Request.Path.Value ?? "")!;
        context.SetEndpoint(RouteName.Endpoint(context.Request.Path));
        var timeout = context.Request.Headers.ContainsKey(TimeoutHeader) ? null : route.Timeout;
        if (timeout is { } given)
            context.Request.Headers[TimeoutHeader] = string.Create(CultureInfo.InvariantCulture, $"{given.TotalMilliseconds:0}m");
        context.Request.Headers.Remove(SafeCalls.Header);
        if (route.IsSafe)
        {
            context.Request.Headers[SafeCalls.Header] = "1";
            context.Request.EnableBuffering();
        }

        var config = new ForwarderRequestConfig
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            ActivityTimeout = timeout + Grace ?? LongestSilence,
        };
        var invoker = invokers.GetOrAdd(route.Target, name => new HttpMessageInvoker(addresses.CreateHandler(name)));
        for (var attempt = 1; ; attempt++)
        {
            var error = await forwarder.SendAsync(context, addresses.Of(route.Target).AbsoluteUri, invoker, config, transformer);
            if (error == ForwarderError.None || context.Response.HasStarted)
                return;
            context.Response.Clear();
            if (error == ForwarderError.Request && route.IsSafe && attempt < MostAttempts)
            {
                context.Request.Body.Position = 0;
                continue;
            }

            if (error == ForwarderError.RequestTimedOut)
                Refuse(context.Response, StatusCode.DeadlineExceeded, $"The service {route.Target} did not answer in time. It may have done what was asked.");
            else
                Refuse(context.Response, StatusCode.Unavailable, $"The service {route.Target} is not there right now. Repeat in a moment.");
            return;
        }
    }

    public void Dispose()
    {
        foreach (var invoker in invokers.Values)
            invoker.Dispose();
    }

    /// <summary>Answers a call beyond its limit; when to come again is in gRFC A6's header too.</summary>
    public static void Refuse(HttpResponse response, Problem tooMuch)
    {
        Refuse(response, StatusCode.ResourceExhausted, tooMuch.Detail);
        if (tooMuch.RetryAfter is { } delay)
            response.Headers["grpc-retry-pushback-ms"] = ((long)Math.Ceiling(delay.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>An answer of trailers alone: gRPC's way to fail before any message.</summary>
    private static void Refuse(HttpResponse response, StatusCode status, string message)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)status).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = message;
    }

    /// <summary>
    /// Tells the service the host name that the caller used, and never one that the caller made up. Ends streams when the
    /// gateway drains, with a status that says to call again.
    /// </summary>
    private sealed class CallerTransformer(IHostApplicationLifetime lifetime) : HttpTransformer
    {
        private static readonly object Body = new();

        public override ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse is not null)
                httpContext.Items[Body] = proxyResponse.Content = DrainableBody.Of(proxyResponse.Content, lifetime.ApplicationStopping);
            return base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }

        public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
        {
            if (httpContext.Items[Body] is not DrainableBody { HasEndedEarly: true })
                return base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
            httpContext.Response.AppendTrailer("grpc-status", ((int)StatusCode.Unavailable).ToString(CultureInfo.InvariantCulture));
            httpContext.Response.AppendTrailer("grpc-message", "This replica of the gateway ends. Call again.");
            return ValueTask.CompletedTask;
        }

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = null;
            proxyRequest.Headers.Remove(CallerHeaders.Host);
            proxyRequest.Headers.TryAddWithoutValidation(CallerHeaders.Host, CallerHeaders.HostOf(httpContext.Request));
        }
    }
}
