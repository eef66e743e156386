using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Relais.Rpc.Server;

namespace Grpc.AspNetCore.Server
{
    /// <summary>On the features of a request that is a gRPC call.</summary>
    public interface IServerCallContextFeature
    {
        ServerCallContext ServerCallContext { get; }
    }

    /// <summary>On the endpoint of a gRPC method.</summary>
    public sealed class GrpcMethodMetadata
    {
        public GrpcMethodMetadata(Type serviceType, IMethod method)
        {
            ArgumentNullException.ThrowIfNull(serviceType);
            ArgumentNullException.ThrowIfNull(method);
            ServiceType = serviceType;
            Method = method;
        }

        public Type ServiceType { get; }

        public IMethod Method { get; }
    }
}

namespace Grpc.Core
{
    public static class ServerCallContextExtensions
    {
        private const string UserStateKey = "__HttpContext";

        /// <summary>The HTTP request of the call. A test's own context can put it in <c>UserState["__HttpContext"]</c>.</summary>
        /// <exception cref="InvalidOperationException">The call is not served by ASP.NET Core.</exception>
        public static HttpContext GetHttpContext(this ServerCallContext serverCallContext)
        {
            ArgumentNullException.ThrowIfNull(serverCallContext);
            if (serverCallContext is HttpServerCallContext served)
                return served.HttpContext;
            if (serverCallContext.UserState.TryGetValue(UserStateKey, out var found) && found is HttpContext context)
                return context;
            throw new InvalidOperationException("Could not get HttpContext from ServerCallContext. HttpContext can only be accessed when gRPC services are hosted by ASP.NET Core.");
        }
    }
}
