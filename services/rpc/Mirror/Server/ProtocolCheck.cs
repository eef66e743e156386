using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relais.Rpc.Wire;

namespace Relais.Rpc.Server;

/// <summary>What makes a request a gRPC call.</summary>
internal static class ProtocolCheck
{
    /// <summary>Answers what is no gRPC call with 415 or 426 and the reason in the status headers.</summary>
    public static bool Refuse(HttpContext context)
    {
        if (!Headers.IsGrpc(context.Request.ContentType))
        {
            Answer(context, StatusCodes.Status415UnsupportedMediaType, StatusCode.Internal, $"Content-Type '{context.Request.ContentType}' is not supported.");
            return true;
        }
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol))
        {
            context.Response.Headers.Upgrade = "h2c";
            Answer(context, StatusCodes.Status426UpgradeRequired, StatusCode.Internal, $"Request protocol '{context.Request.Protocol}' is not supported.");
            return true;
        }
        return false;
    }

    public static RequestDelegate Unimplemented(string detail) => context =>
    {
        if (!Refuse(context))
        {
            context.Response.ContentType = Headers.ContentType;
            Answer(context, StatusCodes.Status200OK, StatusCode.Unimplemented, detail);
        }
        return Task.CompletedTask;
    };

    private static void Answer(HttpContext context, int httpStatus, StatusCode status, string detail)
    {
        context.Response.StatusCode = httpStatus;
        context.Response.Headers[Headers.Status] = ((int)status).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[Headers.Message] = Headers.EncodeMessage(detail);
    }
}

/// <summary>
/// Keeps the endpoints of unknown methods away from everything that is no gRPC call. It also stands for their
/// method check: method metadata would answer other requests with 405.
/// </summary>
internal sealed class GrpcRequestConstraint : IRouteConstraint
{
    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && Headers.IsGrpc(httpContext.Request.ContentType);
}
