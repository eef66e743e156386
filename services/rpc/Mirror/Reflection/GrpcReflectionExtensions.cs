using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Relais.Rpc.Reflection;
using GrpcServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Microsoft.Extensions.DependencyInjection
{
    public static class GrpcReflectionServiceExtensions
    {
        public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
        {
            ArgumentNullException.ThrowIfNull(services);
            services.TryAddSingleton<MappedServices>();
            services.TryAddSingleton(provider => new ReflectionServiceImpl(provider.GetRequiredService<MappedServices>().Descriptors));
            services.TryAddSingleton(provider => new ReflectionV1ServiceImpl(provider.GetRequiredService<MappedServices>().Descriptors));
            return services;
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    public static class GrpcReflectionEndpointRouteBuilderExtensions
    {
        /// <summary>Serves reflection v1 and v1alpha.</summary>
        public static IEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder)
        {
            ArgumentNullException.ThrowIfNull(builder);
            return new Both(builder.MapGrpcService<ReflectionServiceImpl>(), builder.MapGrpcService<ReflectionV1ServiceImpl>());
        }

        private sealed class Both(IEndpointConventionBuilder alpha, IEndpointConventionBuilder current) : IEndpointConventionBuilder
        {
            public void Add(Action<EndpointBuilder> convention)
            {
                alpha.Add(convention);
                current.Add(convention);
            }

            public void Finally(Action<EndpointBuilder> finallyConvention)
            {
                alpha.Finally(finallyConvention);
                current.Finally(finallyConvention);
            }
        }
    }
}

namespace Relais.Rpc.Reflection
{
    /// <summary>The services that the application's endpoints serve, read when reflection is first asked.</summary>
    internal sealed class MappedServices(EndpointDataSource endpoints)
    {
        public IReadOnlyList<GrpcServiceDescriptor> Descriptors { get; } =
        [
            .. endpoints.Endpoints
                .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
                .OfType<Type>()
                .Distinct()
                .Select(DescriptorOf)
                .OfType<GrpcServiceDescriptor>(),
        ];

        // Generated code keeps the descriptor beside the bind method.
        private static GrpcServiceDescriptor? DescriptorOf(Type serviceType)
        {
            for (var type = serviceType; type is not null; type = type.BaseType)
            {
                if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
                    return attribute.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as GrpcServiceDescriptor;
            }
            return null;
        }
    }
}
