using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Relais.Gateway.GrpcFace;
using Relais.Gateway.JsonFace;
using Relais.Gateway.OAuth;
using Relais.Gateway.OpenApi;
using Relais.Gateway.Problems;

namespace Relais.Gateway;

/// <summary>
/// Everything the gateway answers that no endpoint of the host does: the JSON face, machine sign-in, the description, and
/// gRPC passed through. What fails on the way is answered as problem+json.
/// </summary>
internal sealed partial class PublicFace
{
    private readonly RouteTable<Route> routes = new();
    private readonly GrpcPassThrough grpc;
    private readonly RateLimits limits;
    private readonly ILogger<PublicFace> logger;

    public PublicFace(JsonCalls calls, TokenEndpoint tokens, GrpcPassThrough grpc, RateLimits limits, ILogger<PublicFace> logger)
    {
        (this.grpc, this.limits, this.logger) = (grpc, limits, logger);
        foreach (var binding in ApiMethod.All.SelectMany(method => method.Bindings))
        {
            routes.Add(binding.HttpMethod, binding.Path, new Route(
                binding.Diagnostics, RateLimits.ClassOf(binding.Method.FullName), (context, values) => calls.AnswerAsync(context, binding, values), RefuseAsync));
        }

        Add("POST", TokenEndpoint.Path, RouteClass.SignIn, tokens.AnswerAsync, (context, problem) => TokenError.Of(problem).WriteAsync(context));
        Add("GET", DescriptionEndpoint.Path, RouteClass.Calls, DescriptionEndpoint.AnswerAsync, RefuseAsync);
    }

    /// <summary>Which route answers, for those who check that all are described.</summary>
    public bool Serves(string httpMethod, string path) => routes.Find(httpMethod, path).Target is not null;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await AnswerAsync(context, next);
        }
        catch (BadHttpRequestException malformed) when (!context.Response.HasStarted)
        {
            // How Kestrel reports a body that is cut off, too slow or too large: no further request can follow it.
            await Problem.OfStatus(malformed.StatusCode).WriteAsync(context, isLast: true);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (Exception failure)
        {
            LogUnexpected(failure, context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await Problem.OfStatus(StatusCodes.Status500InternalServerError).WriteAsync(context);
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        // The host's own gRPC services have endpoints, and one that refuses every other service; these go before it.
        if (grpc.Takes(context.Request))
        {
            if (await limits.RefuseAsync(context, RateLimits.ClassOf(context.Request.Path.Value!)) is { } tooMuch)
                GrpcPassThrough.Refuse(context.Response, tooMuch);
            else
                await grpc.ForwardAsync(context);
            return;
        }

        if (context.GetEndpoint() is not null)
        {
            await next(context);
            if (context.Response is { HasStarted: false, ContentType: null, StatusCode: >= 400 and var status })
                await (Problem.OfStatus(status) with { Allow = [.. context.Response.Headers.Allow.OfType<string>()] }).WriteAsync(context);
            return;
        }

        var match = routes.Find(context.Request.Method, context.Request.Path.Value ?? "");
        if (match.Target is { } route)
        {
            Name(context, route.Diagnostics);
            if (await limits.RefuseAsync(context, route.Class) is { } tooMuch)
                await route.RefuseAsync(context, tooMuch);
            else
                await route.AnswerAsync(context, match.Values);
        }
        else if (match.Allowed.Count > 0)
        {
            var allowed = string.Join(", ", match.Allowed);
            await (Problem.OfStatus(StatusCodes.Status405MethodNotAllowed) with
            {
                Detail = $"This address does not have {context.Request.Method}; it has {allowed}.",
                Allow = match.Allowed,
            }).WriteAsync(context);
        }
        else
        {
            await Problem.OfStatus(StatusCodes.Status404NotFound).WriteAsync(context);
        }
    }

    /// <summary>Names the request's span and metrics after its route, not after a path with ids in it.</summary>
    private static void Name(HttpContext context, Endpoint endpoint)
    {
        context.SetEndpoint(endpoint);
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } activity
            || endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IRouteDiagnosticsMetadata>() is not { Route: var route })
        {
            return;
        }

        activity.DisplayName = $"{context.Request.Method} {route}";
        activity.SetTag("http.route", route);
    }

    private void Add(string httpMethod, string path, RouteClass routeClass, Func<HttpContext, Task> answer, Func<HttpContext, Problem, Task> refuse) =>
        routes.Add(httpMethod, PathTemplate.Parse(path), new Route(RouteName.Endpoint(path), routeClass, (context, _) => answer(context), refuse));

    private static Task RefuseAsync(HttpContext context, Problem problem) => problem.WriteAsync(context);

    [LoggerMessage(Level = LogLevel.Error, EventName = "unexpected_failure", Message = "{Method} {Path} failed")]
    private partial void LogUnexpected(Exception failure, string method, string path);

    /// <param name="Diagnostics">What metrics and traces read the route's name from.</param>
    /// <param name="RefuseAsync">Answers a call beyond its limit, in the route's own form.</param>
    private sealed record Route(
        Endpoint Diagnostics, RouteClass Class, Func<HttpContext, IReadOnlyList<string>, Task> AnswerAsync, Func<HttpContext, Problem, Task> RefuseAsync);
}
