using Relais.Common.Security;
using Relais.Identity.Domain;

namespace Relais.Identity;

internal static class PlatformWork
{
    /// <summary>Runs a feature in a scope of its own, in the platform's own name.</summary>
    public static async Task AsPlatformAsync<TFeature>(this IServiceProvider services, Func<TFeature, Task> work) where TFeature : class
    {
        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallerContext>().Caller = Caller.Service(SigningKey.Partition, "identity");
        await work(scope.ServiceProvider.GetRequiredService<TFeature>());
    }
}
