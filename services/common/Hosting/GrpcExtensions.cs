using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Security;

namespace Relais.Common.Hosting;

public static class GrpcExtensions
{
    /// <summary>
    /// A client of another target: its calls carry this service's token, the tenant it works for, and a deadline of 5 s
    /// where the caller sets none.
    /// </summary>
    public static void AddServiceClient<TClient>(this WebApplicationBuilder builder, string target) where TClient : ClientBase =>
        builder.Services
            .AddGrpcClient<TClient>((provider, options) => options.Address = provider.GetRequiredService<ServiceAddresses>().Of(target))
            .ConfigurePrimaryHttpMessageHandler(provider => provider.GetRequiredService<ServiceAddresses>().CreateHandler())
            .AddInterceptor(provider => provider.GetRequiredService<ServiceCredentials>());
}
