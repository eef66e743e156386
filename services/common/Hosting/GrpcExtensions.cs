using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relais.Common.Security;

namespace Relais.Common.Hosting;

public static class GrpcExtensions
{
    /// <summary>
    /// A client of another target: its calls carry this service's token, the tenant it works for, and a deadline of 5 s
    /// where the caller sets none. They go to the target's replicas in turn; safe ones are tried again.
    /// </summary>
    public static void AddServiceClient<TClient>(this WebApplicationBuilder builder, string target) where TClient : ClientBase =>
        builder.Services
            .AddGrpcClient<TClient>((provider, options) => options.Address = provider.GetRequiredService<ServiceAddresses>().Of(target))
            .ConfigurePrimaryHttpMessageHandler(provider => provider.GetRequiredService<ServiceAddresses>().CreateHandler(target))
            .RemoveAllLoggers()
            .AddInterceptor(provider => provider.GetRequiredService<ServiceCredentials>())
            .AddInterceptor(provider => provider.GetRequiredService<ServiceAddresses>().RetriesOf(target));
}
